import pytest

from registry.audit.sentences import sentence
from registry.exceptions import AlreadyExists, InvalidParameterValue, PermissionDenied
from registry.models import AuditEvent, Catalog, RegisteredModel, Schema
from registry.names import CERTIFICATION
from registry.services.labels import tag_policies, tags
from registry.services.labels.certification import certification_in, certify, with_certification
from tests.cast import actor, grant


@pytest.mark.parametrize("kind", ["catalog", "schema", "model"])
def test_a_mark_is_set_replaced_and_taken_away(cast, kind):
    subject = cast[kind]
    for status in ("certified", "deprecated", ""):
        certify(actor=actor(cast.admin if kind != "model" else cast.owner), securable=subject, status=status)
        assert certification_in(subject.tags.all()) == status
    told = [sentence(event) for event in AuditEvent.objects.order_by("pk")]
    assert told == ["marked it as certified", "marked it as deprecated", "took its mark away"]


def test_lists_bring_their_marks_along_in_one_query(cast, django_assert_num_queries):
    for table, subject in ((Catalog, cast.catalog), (Schema, cast.schema), (RegisteredModel, cast.model)):
        subject.tags.create(key=CERTIFICATION, value="certified")
        subject.tags.create(key="certification_status", value="deprecated")
        with django_assert_num_queries(1):
            assert [row.certification for row in with_certification(table.objects.filter(pk=subject.pk))] == [
                "certified"
            ]
    RegisteredModel.objects.get().tags.all().delete()
    assert [row.certification for row in with_certification(RegisteredModel.objects.all())] == [None]


def test_the_tag_takes_its_two_values_alone(cast):
    with pytest.raises(InvalidParameterValue, match="'certified', 'deprecated'"):
        tags.set_tag(actor=actor(cast.owner), subject=cast.model, key=CERTIFICATION, value="gold")
    with pytest.raises(InvalidParameterValue, match="none of"):
        tags.set_tag(actor=actor(cast.owner), subject=cast.model, key="system.other", value="certified")
    assert not cast.model.tags.exists()


def test_versions_have_no_mark_of_their_own(cast):
    with pytest.raises(InvalidParameterValue, match="its model has"):
        tags.set_tag(actor=actor(cast.owner), subject=cast.version, key=CERTIFICATION, value="certified")


def test_who_may_tag_may_certify_and_nobody_else(cast):
    with pytest.raises(PermissionDenied, match="APPLY TAG"):
        certify(actor=actor(cast.reader), securable=cast.model, status="certified")
    grant(cast.reader, cast.model, "APPLY TAG")
    certify(actor=actor(cast.reader), securable=cast.model, status="certified")
    assert certification_in(cast.model.tags.all()) == "certified"


def test_its_values_are_nobodys_to_govern(cast):
    with pytest.raises(AlreadyExists):
        tag_policies.create_tag_policy(actor=actor(cast.admin), tag_key=CERTIFICATION, description="", values=["gold"])
