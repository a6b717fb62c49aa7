"""What was uploaded is what is downloaded, or the line is cut: by every address at which a file is read."""

import hashlib
from base64 import b64encode

import pytest

from registry.exceptions import Damaged
from registry.models import Damage
from registry.services.artifacts import uploads
from registry.services.hierarchy import model_versions
from registry.storage.base import CHUNK
from tests.cast import actor

CONTENT = b"w" * (CHUNK + 5)
WAYS = {
    "the Files API": lambda version: "/api/2.0/fs/files/Models/shop/ml/churn/2/weights",
    "MLflow's proxy": lambda version: f"/api/2.0/mlflow-artifacts/artifacts/{version.uid}/weights",
}


@pytest.fixture
def changed(cast, artifact_root):
    """A version of which one byte was changed behind the server's back."""
    uploads.write_artifact(actor=actor(cast.writer), version=cast.pending, path="weights", chunks=[CONTENT])
    version = model_versions.finalize_model_version(actor=actor(cast.writer), version=cast.pending)
    stored = artifact_root / str(version.uid)[:2] / str(version.uid) / "weights"
    stored.write_bytes(b"e" + CONTENT[1:])
    return version


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("asked", ["", "bytes=0-"])
def test_a_file_that_was_changed_is_never_sent_to_its_end(api, cast, changed, way, asked):
    answer = api(cast.reader)("GET", way(changed), headers={"Range": asked} if asked else {})
    sent = []
    with pytest.raises(Damaged, match="SHA-256"):
        sent += answer.streaming_content
    assert len(b"".join(sent)) < len(CONTENT) == int(answer["Content-Length"])
    assert Damage.objects.get().path == "weights"


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_range_tells_the_digest_that_the_whole_file_should_have(api, cast, changed, way):
    """It is not read as a whole for that: who puts ranges together compares them."""
    answer = api(cast.reader)("GET", way(changed), headers={"Range": "bytes=0-9"})
    assert (answer.status_code, len(b"".join(answer.streaming_content))) == (206, 10)
    digest = b64encode(hashlib.sha256(CONTENT).digest()).decode()
    assert answer["Repr-Digest"] == f"sha-256=:{digest}:"
