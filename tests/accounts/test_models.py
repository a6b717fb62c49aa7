import uuid

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from accounts.models import GroupNesting, PersonalAccessToken, User, find_principal, group_ids_of
from registry.models import AuditEvent


def test_a_users_name_is_an_email_in_lower_case(db):
    assert User.objects.create_user("Maya@Example.COM").user_name == "maya@example.com"
    with pytest.raises(ValidationError):
        User.objects.create_user("maya")
    with pytest.raises(ValidationError):
        User.objects.create_user("MAYA@example.com")


def test_a_service_principals_name_is_an_application_id(db):
    name = str(uuid.uuid4())
    assert User.objects.create_user(name, kind=User.Kind.SERVICE_PRINCIPAL).user_name == name
    with pytest.raises(ValidationError):
        User.objects.create_user("ci@example.com", kind=User.Kind.SERVICE_PRINCIPAL)


def test_a_user_without_a_password_cannot_sign_in_with_one(db):
    assert not User.objects.create_user("maya@example.com").has_usable_password()


def test_everyone_is_in_account_users(db, django_assert_num_queries):
    everyone, _ = Group.objects.get_or_create(name="account users")
    user = User.objects.create_user("maya@example.com")
    with django_assert_num_queries(1):
        assert group_ids_of(user) == {everyone.pk}


def test_a_group_cannot_be_put_into_itself(db):
    a, b = Group.objects.create(name="a"), Group.objects.create(name="b")
    GroupNesting.objects.create(parent=a, child=b)
    with pytest.raises(ValidationError):
        GroupNesting(parent=b, child=a).full_clean()


def test_principals_are_found_by_name(db):
    user, group = User.objects.create_user("maya@example.com"), Group.objects.create(name="Team A")
    assert find_principal(" MAYA@example.com ") == user
    assert find_principal("Team A") == group
    assert find_principal("nobody") is None


def test_issue_token_prints_the_token_alone(db, capsys):
    with pytest.raises(CommandError, match="no active user"):
        call_command("issue_token", "ci@example.com")
    call_command("issue_token", "ci@example.com", "--create", "--days", "1")
    secret = capsys.readouterr().out.strip()
    assert PersonalAccessToken.objects.find(secret).user.user_name == "ci@example.com"
    assert set(AuditEvent.objects.values_list("action_name", flat=True)) == {"createUser", "generateDbToken"}


@pytest.mark.parametrize("arguments", [["nonsense", "--create"], ["a@b.example", "--create", "--days", "0"]])
def test_issue_token_refuses_nonsense(db, arguments):
    with pytest.raises(CommandError):
        call_command("issue_token", *arguments)
