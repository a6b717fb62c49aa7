from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import PersonalAccessToken
from registry.exceptions import DoesNotExist
from registry.models import AuditEvent
from registry.services.people import tokens
from tests.cast import actor


def test_a_token_is_shown_once_and_kept_as_a_hash(cast):
    token, secret = tokens.create_token(actor=actor(cast.owner), comment="laptop", lifetime=timedelta(days=1))
    assert len(secret) > 40
    assert secret not in str(PersonalAccessToken.objects.values().get())
    assert PersonalAccessToken.objects.find(secret) == token
    assert "laptop" in str(AuditEvent.objects.get(action_name="generateDbToken").parameters)


def test_a_token_ends_when_it_expires_is_revoked_or_its_user_is_deactivated(cast, time_machine):
    _, secret = tokens.create_token(actor=actor(cast.owner), comment="", lifetime=timedelta(days=1))
    time_machine.move_to(timezone.now() + timedelta(days=1, seconds=1))
    assert PersonalAccessToken.objects.find(secret) is None
    token, secret = tokens.create_token(actor=actor(cast.owner), comment="", lifetime=None)
    tokens.revoke_token(actor=actor(cast.owner), uid=token.uid)
    assert PersonalAccessToken.objects.find(secret) is None
    _, secret = tokens.create_token(actor=actor(cast.owner), comment="", lifetime=None)
    cast.owner.is_active = False
    cast.owner.save()
    assert PersonalAccessToken.objects.find(secret) is None


def test_nobody_revokes_the_tokens_of_others(cast):
    token, _ = tokens.create_token(actor=actor(cast.owner), comment="", lifetime=None)
    with pytest.raises(DoesNotExist):
        tokens.revoke_token(actor=actor(cast.admin), uid=token.uid)


def test_the_time_of_use_is_written_at_most_every_ten_minutes(cast, time_machine, django_assert_num_queries):
    token, secret = tokens.create_token(actor=actor(cast.owner), comment="", lifetime=None)
    token.record_use()
    token.refresh_from_db()
    first = token.last_used_at
    with django_assert_num_queries(0):
        token.record_use()
    time_machine.move_to(timezone.now() + timedelta(minutes=10, seconds=1))
    token.record_use()
    token.refresh_from_db()
    assert token.last_used_at > first
