import pytest

from registry.exceptions import DoesNotExist, InvalidParameterValue
from registry.models import Job
from registry.services.versions import copies
from tests.cast import actor, grant
from tests.factories import ModelVersionFactory


@pytest.fixture
def champion(cast):
    cast.model.aliases.create(name="Champion", folded="champion", model_version=cast.version)
    return cast


@pytest.mark.parametrize(
    "uri", ["models:/shop.ml.churn/1", "models:/SHOP.ml.churn/1/", "models:/shop.ml.churn@CHAMPION"]
)
def test_a_registered_version_is_found_by_its_uri(champion, uri):
    assert copies.find_by_uri(actor=actor(champion.reader), uri=uri) == champion.version


@pytest.mark.parametrize(
    "uri",
    ["/tmp/model", "file:///tmp/model", "runs:/abc/model", "models:/m-0123456789abcdef", "s3://bucket/key", "",
     "models:/shop.ml.churn/one", "models:/shop.ml.churn/1/MLmodel"],
)  # fmt: skip
def test_a_source_that_the_server_cannot_reach_names_the_dialect_that_uploads(champion, uri):
    with pytest.raises(InvalidParameterValue, match="databricks-uc"):
        copies.find_by_uri(actor=actor(champion.reader), uri=uri)


@pytest.mark.parametrize("uri", ["models:/shop.ml.churn/1", "models:/shop.ml.churn@champion", "models:/a.b.c/1"])
def test_a_stranger_does_not_learn_that_there_is_a_source(champion, uri):
    with pytest.raises(DoesNotExist, match="does not exist"):
        copies.find_by_uri(actor=actor(champion.stranger), uri=uri)


def copy(cast, **options):
    """The version that a copy into the model itself fills."""
    source = options.pop("source", cast.version)
    job = copies.copy_model_version(actor=actor(cast.owner), source=source, destination=cast.model, **options)
    return copies.target_of(job)


def test_what_is_said_of_a_copy_goes_before_what_its_source_says(cast):
    cast.version.tags.create(key="from", value="source")
    plain = copy(cast)
    assert list(plain.tags.values_list("key", "value")) == [("from", "source")]
    told = copy(cast, comment="told", version_tags={"k": "v"})
    assert (told.comment, list(told.tags.values_list("key", "value"))) == ("told", [("k", "v")])
    assert (told.is_copy, told.copied_from, told.is_pending) == (True, cast.version, True)


def test_the_same_copy_is_joined_until_it_has_ended(cast):
    first = copy(cast)
    assert copy(cast) == first
    assert copy(cast, comment="another one") != first
    grant(cast.writer, cast.model, "EXECUTE")
    of_another = copies.copy_model_version(actor=actor(cast.writer), source=cast.version, destination=cast.model)
    assert copies.target_of(of_another) != first
    Job.objects.filter(target=first).update(state=Job.State.SUCCEEDED)
    assert copy(cast) != first


def test_only_a_ready_version_is_copied_while_another_one_is_pending(cast):
    ModelVersionFactory(registered_model=cast.model, status="PENDING_REGISTRATION")
    with pytest.raises(Exception, match="cannot be copied"):
        copy(cast, source=cast.pending)
