import pytest

from registry.exceptions import InvalidParameterValue
from registry.privileges import Privilege, SecurableType


@pytest.mark.parametrize("text", ["USE CATALOG", "USE_CATALOG", "use catalog", "use_catalog"])
def test_both_spellings_are_read(text):
    assert Privilege.parse(text) is Privilege.USE_CATALOG


def test_unknown_privileges_are_refused():
    with pytest.raises(InvalidParameterValue):
        Privilege.parse("FLY")


@pytest.mark.parametrize("text", ["FUNCTION", "function", "MODEL", "registered_model", "Registered_Model"])
def test_a_model_is_a_function(text):
    assert SecurableType.parse(text) is SecurableType.FUNCTION


def test_unknown_securables_are_refused():
    with pytest.raises(InvalidParameterValue):
        SecurableType.parse("TEAPOT")
