"""What people with a password sign in with besides it: the codes of an app, and recovery codes."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts import second_factors
from accounts.models.principals import User


class SecondFactor(models.Model):
    """The app of a user. Each code counts once: ``last_step`` is the step of time of the last one."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    sealed_secret = models.CharField(max_length=255, editable=False)
    last_step = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"second factor of {self.user}"

    def use(self, code: str) -> str:
        """Use up ``code``, and return what it was: a code, or a recovery code; nothing, if it is not accepted."""
        if self._use_step(code):
            return "code"
        used, _ = self.recovery_codes.filter(digest__in=second_factors.digests_of(code)).delete()
        return "recovery code" if used else ""

    def renew_recovery_codes(self) -> list[str]:
        """Make new recovery codes, which replace the previous ones, and return them."""
        codes = second_factors.new_recovery_codes()
        self.recovery_codes.all().delete()
        self.recovery_codes.bulk_create(
            RecoveryCode(factor=self, digest=second_factors.digests_of(code)[0]) for code in codes
        )
        return codes

    def _use_step(self, code: str) -> bool:
        secret = second_factors.unseal(self.sealed_secret)
        step = second_factors.step_of(secret, code, self.last_step) if secret else None
        if step is None:
            return False
        return SecondFactor.objects.filter(pk=self.pk, last_step__lt=step).update(last_step=step) == 1


class RecoveryCode(models.Model):
    """A code that is left; one that is used is gone."""

    factor = models.ForeignKey(SecondFactor, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["factor", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"recovery code of {self.factor.user}"
