import pytest

from registry.exceptions import DoesNotExist, InvalidParameterValue, PermissionDenied
from registry.models import AuditEvent
from registry.services.labels import tags
from tests.cast import actor, grant


def test_tags_of_models_and_versions_are_separate(cast):
    tags.set_tag(actor=actor(cast.owner), subject=cast.model, key="k", value="model")
    tags.set_tag(actor=actor(cast.owner), subject=cast.version, key="k", value="version")
    tags.set_tag(actor=actor(cast.owner), subject=cast.version, key="K", value="")
    assert dict(cast.model.tags.values_list("key", "value")) == {"k": "model"}
    assert dict(cast.version.tags.values_list("key", "value")) == {"K": "", "k": "version"}
    assert set(AuditEvent.objects.values_list("action_name", flat=True)) == {
        "UpdateTagSecurableAssignments", "UpdateTagSubentityAssignments",
    }  # fmt: skip


def test_an_object_has_at_most_fifty_tags(cast):
    for number in range(50):
        tags.set_tag(actor=actor(cast.owner), subject=cast.model, key=f"k{number}", value="")
    tags.set_tag(actor=actor(cast.owner), subject=cast.model, key="k0", value="changed")
    with pytest.raises(InvalidParameterValue, match="50 tags"):
        tags.set_tag(actor=actor(cast.owner), subject=cast.model, key="one_more", value="")
    assert cast.model.tags.count() == 50


def test_too_many_tags_at_once_are_refused_before_they_are_written(cast, django_assert_max_num_queries):
    many = {f"k{number}": "" for number in range(1000)}
    with django_assert_max_num_queries(5), pytest.raises(InvalidParameterValue, match="50 tags"):
        tags.add_first_tags(actor(cast.owner), cast.model, many)


def test_apply_tag_is_enough_and_manage_is_not(cast):
    grant(cast.reader, cast.model, "APPLY TAG")
    tags.set_tag(actor=actor(cast.reader), subject=cast.version, key="k", value="v")
    grant(cast.writer, cast.model, "MANAGE")
    with pytest.raises(PermissionDenied, match="APPLY TAG"):
        tags.set_tag(actor=actor(cast.writer), subject=cast.model, key="k", value="v")


def test_a_stranger_learns_nothing(cast):
    with pytest.raises(DoesNotExist):
        tags.set_tag(actor=actor(cast.stranger), subject=cast.model, key="k", value="v")


def test_removing_a_tag_twice_is_one_event(cast):
    tags.set_tag(actor=actor(cast.owner), subject=cast.model, key="k", value="v")
    for _ in range(2):
        tags.delete_tag(actor=actor(cast.owner), subject=cast.model, key="k")
    assert AuditEvent.objects.filter(parameters__removed=["k"]).count() == 1
