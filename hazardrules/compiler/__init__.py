"""RulebookSource -> Plan: names, types, units, graph; knows nothing of YAML."""
