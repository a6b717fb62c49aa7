import pytest
from django.db import IntegrityError

from registry.exceptions import AlreadyExists
from registry.models import Catalog
from registry.services.shared import naming
from tests.factories import CatalogFactory

pytestmark = pytest.mark.django_db


def test_a_name_that_was_taken_for_a_moment_was_taken():
    """Whoever had it may be deleted before anybody could look: the answer is the same."""
    CatalogFactory(name="shop")
    with pytest.raises(AlreadyExists, match="taken"), naming.unless_taken("It is taken."):
        Catalog.objects.create(name="shop")


def test_other_conflicts_are_defects():
    with pytest.raises(IntegrityError), naming.unless_taken("It is taken."):
        Catalog.objects.create(name="NOT LOWER CASE")
