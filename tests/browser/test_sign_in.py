"""Signing in, in a real browser: a first password, a second factor, and a proof; with script and without."""

import base64
import re

import pytest
from django_otp.oath import totp
from playwright.sync_api import expect

from tests.browser.chromium import sign_in
from tests.browser.test_accessibility import violations
from tests.live import shell

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FIRST, OWN = "given by somebody", "chosen by myself"
FORGET = """
from accounts.models import SecondFactor, User
SecondFactor.objects.all().delete()
User.objects.filter(user_name="maya@example.com").update(password="!", must_change_password=False)
print()
"""
AGE = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import Session
from accounts.sessions import SessionStore
for key in Session.objects.filter(user__user_name="admin@example.com").values_list("session_key", flat=True):
    session = SessionStore(key)
    session["proved"] = (timezone.now() - timedelta(hours=1)).isoformat()
    session.save()
print()
"""


@pytest.fixture
def maya(page, browser, product, request):
    """Another browser, which nobody has signed in with."""
    shell(product, FORGET)
    with_script = request.node.callspec.params["page"] == "script"
    context = browser.new_context(base_url=product.url, java_script_enabled=with_script)
    yield context.new_page()
    context.close()


def row_of(page, name):
    page.goto("/settings/users")
    return page.get_by_role("row").filter(has_text=name)


def give_password(page, password, user="maya@example.com"):
    page.goto("/login")
    page.get_by_label("E-mail").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def choose(page, old, new):
    page.get_by_label("Old password").fill(old)
    page.get_by_label("New password", exact=True).fill(new)
    page.get_by_label("New password confirmation").fill(new)
    page.get_by_role("button", name="Save").click()


def back_in_the_list(page):
    """Wait until a form of the list has done its work: its page, or its dialog, is gone."""
    page.wait_for_url("**/settings/users")
    expect(page.locator("dialog[open]")).to_have_count(0)


def set_first_password(page):
    row_of(page, "maya@example.com").get_by_role("link", name="Password").click()
    form = page.locator("form.form").last
    form.get_by_label("New password", exact=True).fill(FIRST)
    form.get_by_label("New password confirmation").fill(FIRST)
    form.get_by_role("button", name="Save").click()
    back_in_the_list(page)


def test_a_first_password_is_changed_and_a_second_factor_set_up_used_and_reset(page, maya, product):
    set_first_password(page)
    give_password(maya, FIRST)
    maya.wait_for_url("**/settings/password")
    expect(maya.get_by_text("only you know")).to_be_visible()
    choose(maya, FIRST, OWN)
    maya.wait_for_url("**/settings/profile")
    codes = set_up(maya)
    maya.locator("summary", has_text="Account").click()
    maya.get_by_role("button", name="Sign out").click()
    maya.wait_for_url("**/login")

    give_password(maya, OWN)
    maya.wait_for_url("**/login/code")
    maya.get_by_label("Code").fill("000000")
    maya.get_by_role("button", name="Sign in").click()
    expect(maya.get_by_role("alert")).to_contain_text("wrong")
    maya.get_by_label("Code").fill(codes[0])
    maya.get_by_role("button", name="Sign in").click()
    maya.wait_for_url(re.compile(r"^http://[^/]+/$"))
    maya.goto("/settings/profile")
    expect(maya.get_by_text("Recovery codes left: 9")).to_be_visible()

    row_of(page, "maya@example.com").get_by_role("link", name="Reset factor").click()
    page.locator("form.form").last.get_by_role("button", name="Reset").click()
    back_in_the_list(page)
    expect(row_of(page, "maya@example.com")).not_to_contain_text("second factor")
    row_of(page, "maya@example.com").get_by_role("link", name="End sessions").click()
    page.locator("form.form").last.get_by_role("button", name="End them").click()
    back_in_the_list(page)
    maya.goto("/settings/profile")
    maya.wait_for_url("**/login?next=/settings/profile")


def set_up(page):
    page.get_by_role("link", name="Set up a second factor").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert page.locator(".qr-code").evaluate("image => image.naturalWidth") > 100
    secret = base64.b32decode(page.locator("#secret").inner_text())
    page.get_by_label("Code").fill(f"{totp(secret):06}")
    page.get_by_role("button", name="Set up").click()
    codes = re.findall(r"[a-z2-9]{5}-[a-z2-9]{5}", page.locator("#codes").inner_text())
    assert len(codes) == 10
    page.get_by_role("link", name="Done").click()
    return codes


def test_an_old_proof_is_asked_for_anew_and_leads_on(page, product):
    page.goto("/settings/users")
    shell(product, AGE)
    page.get_by_role("link", name="Create user").click()
    page.wait_for_url("**/login/proof?**")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    page.get_by_label("Password").fill(product.first_run("Password"))
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/settings/users/create")
    expect(page.get_by_label("E-mail")).to_be_visible()


def test_who_guesses_is_told_how_long_to_wait(browser, product):
    context = browser.new_context(base_url=product.url)
    page = context.new_page()
    for _ in range(11):
        give_password(page, "wrong", "omar@example.com")
    expect(page.get_by_text("Too many attempts. Wait")).to_be_visible()
    assert violations(page) == []
    context.close()
    other = browser.new_context(base_url=product.url)
    sign_in(other.new_page(), product.url, product.first_run("Password"))  # the address still has attempts
    other.close()
