from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("registry", "0035_lineage_is_moved")]

    operations = [migrations.DeleteModel("ToldLineage")]
