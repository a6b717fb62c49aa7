"""Users, groups and tokens in the Django admin."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.forms import AdminPassword, UserCreationForm, UserEditForm
from accounts.models import GroupNesting, PersonalAccessToken, User

admin.site.site_header = admin.site.site_title = "Catalog Explorer"
admin.site.unregister(Group)


@admin.register(User)
class PrincipalAdmin(UserAdmin[User]):
    form = UserEditForm
    add_form = UserCreationForm
    change_password_form = AdminPassword
    list_display = ("user_name", "kind", "display_name", "is_active", "is_metastore_admin", "is_staff")
    list_filter = ("kind", "is_active", "is_metastore_admin", "groups")
    search_fields = ("user_name", "display_name")
    ordering = ("user_name",)
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("user_name", "kind", "display_name", "password")}),
        ("Membership", {"fields": ("groups",)}),
        (
            "Administration",
            {"fields": ("is_active", "must_change_password", "is_metastore_admin", "is_staff", "is_superuser")},
        ),
        ("Dates", {"fields": ("last_login", "created_at")}),
    )
    readonly_fields = ("last_login", "created_at")
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("user_name", "kind", "display_name", "password1", "password2")}),
    )


class ChildGroups(admin.TabularInline[GroupNesting, Group]):
    model = GroupNesting
    fk_name = "parent"
    verbose_name_plural = "groups that are members of this one"
    extra = 0


@admin.register(Group)
class NestedGroupAdmin(GroupAdmin):
    fields = ("name",)
    inlines = (ChildGroups,)


@admin.register(PersonalAccessToken)
class PersonalAccessTokenAdmin(admin.ModelAdmin[PersonalAccessToken]):
    """Tokens without their secrets: they are made with `issue_token` or in the browser, and revoked there."""

    list_display = ("__str__", "user", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("revoked_at", "expires_at")
    search_fields = ("user__user_name", "comment")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: PersonalAccessToken | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PersonalAccessToken | None = None) -> bool:
        return False
