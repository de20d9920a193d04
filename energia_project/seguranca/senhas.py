"""What a change of password takes with it."""

from typing import Any

from knox.models import AuthToken


class TokensMorremComASenha:
    """In the place of a validator, which Django tells of each new password.

    Sessions end by themselves: they hold a digest of the password's.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Any password will do."""

    def get_help_text(self) -> str:
        return ""

    def password_changed(self, password: str, user: Any = None) -> None:
        if user is not None and user.pk:
            AuthToken.objects.filter(user=user).delete()
