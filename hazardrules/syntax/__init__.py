"""From files to a Rulebook: the only importer of a YAML library and of lark."""
