"""SCIM: who the caller is. (Users, groups and service principals come with the identity work.)"""

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User, groups_of
from registry.api.base import ApiView


class Me(ApiView):
    def get(self, request: Request) -> Response:
        user: User = self.actor.principal
        return Response(
            {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "id": str(user.pk),
                "userName": user.user_name,
                "displayName": user.display_name or user.user_name,
                "active": user.is_active,
                "emails": [{"value": user.user_name, "primary": True}] if user.kind == User.Kind.USER else [],
                "groups": [{"value": str(group.pk), "display": group.name} for group in groups_of(user)],
            }
        )
