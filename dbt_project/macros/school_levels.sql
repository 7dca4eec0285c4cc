{# OpenSID's codes of pendidikan_sedang_id, in which every format is stored, as a relation. #}
{% macro school_levels() -%}
    (
        values
        ('tk', 2, 2),
        ('sd', 4, 4),
        ('smp', 6, 6),
        ('sma', 7, 7),
        ('perguruan_tinggi', 8, 13),
        ('slb', 14, 16)
    ) as school_levels (school_level, first_code, last_code)
{%- endmacro %}
