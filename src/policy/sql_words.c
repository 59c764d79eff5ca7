/*
 * What the parser's words mean: statements by what they do, and the functions of PostgreSQL that
 * only compute from what they are given or tell what the catalogue says. Not here, on purpose:
 * what reads or writes files, large objects or other servers, waits, locks, notifies, ends
 * backends, moves sequences, sets parameters or runs SQL that it is given as text
 * (query_to_xml, ts_stat, ts_rewrite).
 */
#include "policy/sql.h"
#include "base/check.h"
#include <stdlib.h>

static const struct {
	const char *word;
	uint32_t kind;
} words[] = {
	{"select", SQL_SELECT},	      {"insert", SQL_INSERT},
	{"update", SQL_UPDATE},	      {"delete", SQL_DELETE},
	{"merge", SQL_MERGE},	      {"truncate", SQL_TRUNCATE},
	{"lock", SQL_LOCK},	      {"explain", SQL_EXPLAIN},
	{"show", SQL_SHOW},	      {"set", SQL_SET},
	{"transaction", SQL_TRANSACTION}, {"ddl", SQL_DDL},
	{"grant", SQL_GRANT},	      {"maintenance", SQL_MAINTENANCE},
	{"notify", SQL_NOTIFY},	      {"execute", SQL_EXECUTE},
};

/* In the order of strcmp. COPY is looked at by itself. */
static const struct node {
	const char *name;
	uint32_t kinds;
} nodes[] = {
	{"AlterCollationStmt", SQL_DDL}, {"AlterDatabaseRefreshCollStmt", SQL_DDL},
	{"AlterDatabaseSetStmt", SQL_DDL}, {"AlterDatabaseStmt", SQL_DDL},
	{"AlterDefaultPrivilegesStmt", SQL_GRANT}, {"AlterDomainStmt", SQL_DDL},
	{"AlterEnumStmt", SQL_DDL}, {"AlterEventTrigStmt", SQL_DDL | SQL_EXECUTE},
	{"AlterExtensionContentsStmt", SQL_DDL | SQL_EXECUTE},
	{"AlterExtensionStmt", SQL_DDL | SQL_EXECUTE}, {"AlterFdwStmt", SQL_DDL | SQL_EXECUTE},
	{"AlterForeignServerStmt", SQL_DDL | SQL_EXECUTE},
	{"AlterFunctionStmt", SQL_DDL | SQL_EXECUTE}, {"AlterObjectDependsStmt", SQL_DDL},
	{"AlterObjectSchemaStmt", SQL_DDL}, {"AlterOpFamilyStmt", SQL_DDL | SQL_EXECUTE},
	{"AlterOperatorStmt", SQL_DDL | SQL_EXECUTE}, {"AlterOwnerStmt", SQL_GRANT},
	{"AlterPolicyStmt", SQL_GRANT}, {"AlterPublicationStmt", SQL_DDL},
	{"AlterRoleSetStmt", SQL_GRANT}, {"AlterRoleStmt", SQL_GRANT}, {"AlterSeqStmt", SQL_DDL},
	{"AlterStatsStmt", SQL_DDL}, {"AlterSubscriptionStmt", SQL_DDL | SQL_EXECUTE},
	{"AlterSystemStmt", SQL_EXECUTE}, {"AlterTSConfigurationStmt", SQL_DDL},
	{"AlterTSDictionaryStmt", SQL_DDL}, {"AlterTableMoveAllStmt", SQL_DDL},
	{"AlterTableSpaceOptionsStmt", SQL_DDL | SQL_EXECUTE}, {"AlterTableStmt", SQL_DDL},
	{"AlterTypeStmt", SQL_DDL}, {"AlterUserMappingStmt", SQL_DDL | SQL_EXECUTE},
	{"CallStmt", SQL_EXECUTE}, {"CheckPointStmt", SQL_MAINTENANCE},
	{"ClosePortalStmt", SQL_SET}, {"ClusterStmt", SQL_MAINTENANCE}, {"CommentStmt", SQL_DDL},
	{"CompositeTypeStmt", SQL_DDL}, {"ConstraintsSetStmt", SQL_SET}, {"CopyStmt", 0},
	{"CreateAmStmt", SQL_DDL | SQL_EXECUTE}, {"CreateCastStmt", SQL_DDL | SQL_EXECUTE},
	{"CreateConversionStmt", SQL_DDL | SQL_EXECUTE}, {"CreateDomainStmt", SQL_DDL},
	{"CreateEnumStmt", SQL_DDL}, {"CreateEventTrigStmt", SQL_DDL | SQL_EXECUTE},
	{"CreateExtensionStmt", SQL_DDL | SQL_EXECUTE}, {"CreateFdwStmt", SQL_DDL | SQL_EXECUTE},
	{"CreateForeignServerStmt", SQL_DDL | SQL_EXECUTE},
	{"CreateForeignTableStmt", SQL_DDL | SQL_EXECUTE},
	{"CreateFunctionStmt", SQL_DDL | SQL_EXECUTE},
	{"CreateOpClassStmt", SQL_DDL | SQL_EXECUTE},
	{"CreateOpFamilyStmt", SQL_DDL | SQL_EXECUTE}, {"CreatePLangStmt", SQL_DDL | SQL_EXECUTE},
	{"CreatePolicyStmt", SQL_GRANT}, {"CreatePublicationStmt", SQL_DDL},
	{"CreateRangeStmt", SQL_DDL}, {"CreateRoleStmt", SQL_GRANT},
	{"CreateSchemaStmt", SQL_DDL}, {"CreateSeqStmt", SQL_DDL}, {"CreateStatsStmt", SQL_DDL},
	{"CreateStmt", SQL_DDL}, {"CreateSubscriptionStmt", SQL_DDL | SQL_EXECUTE},
	{"CreateTableAsStmt", SQL_DDL}, {"CreateTableSpaceStmt", SQL_DDL | SQL_EXECUTE},
	{"CreateTransformStmt", SQL_DDL | SQL_EXECUTE}, {"CreateTrigStmt", SQL_DDL | SQL_EXECUTE},
	{"CreateUserMappingStmt", SQL_DDL | SQL_EXECUTE}, {"CreatedbStmt", SQL_DDL},
	{"DeallocateStmt", SQL_SET}, {"DeclareCursorStmt", SQL_SELECT},
	{"DefineStmt", SQL_DDL | SQL_EXECUTE}, {"DeleteStmt", SQL_DELETE},
	{"DiscardStmt", SQL_SET}, {"DoStmt", SQL_EXECUTE}, {"DropOwnedStmt", SQL_DDL | SQL_GRANT},
	{"DropRoleStmt", SQL_GRANT}, {"DropStmt", SQL_DDL},
	{"DropSubscriptionStmt", SQL_DDL | SQL_EXECUTE},
	{"DropTableSpaceStmt", SQL_DDL | SQL_EXECUTE},
	{"DropUserMappingStmt", SQL_DDL | SQL_EXECUTE}, {"DropdbStmt", SQL_DDL},
	{"ExecuteStmt", SQL_EXECUTE}, {"ExplainStmt", SQL_EXPLAIN}, {"FetchStmt", SQL_SELECT},
	{"GrantRoleStmt", SQL_GRANT}, {"GrantStmt", SQL_GRANT},
	{"ImportForeignSchemaStmt", SQL_DDL | SQL_EXECUTE}, {"IndexStmt", SQL_DDL},
	{"InsertStmt", SQL_INSERT}, {"ListenStmt", SQL_NOTIFY}, {"LoadStmt", SQL_EXECUTE},
	{"LockStmt", SQL_LOCK}, {"MergeStmt", SQL_MERGE}, {"NotifyStmt", SQL_NOTIFY},
	{"PrepareStmt", SQL_SET}, {"ReassignOwnedStmt", SQL_DDL | SQL_GRANT},
	{"RefreshMatViewStmt", SQL_MAINTENANCE}, {"ReindexStmt", SQL_MAINTENANCE},
	{"RenameStmt", SQL_DDL}, {"ReplicaIdentityStmt", SQL_DDL},
	{"RuleStmt", SQL_DDL | SQL_EXECUTE}, {"SecLabelStmt", SQL_GRANT},
	{"SelectStmt", SQL_SELECT}, {"TransactionStmt", SQL_TRANSACTION},
	{"TruncateStmt", SQL_TRUNCATE}, {"UnlistenStmt", SQL_NOTIFY}, {"UpdateStmt", SQL_UPDATE},
	{"VacuumStmt", SQL_MAINTENANCE}, {"VariableSetStmt", SQL_SET},
	{"VariableShowStmt", SQL_SHOW}, {"ViewStmt", SQL_DDL},
};

/* In the order of strcmp. */
static const char *const functions[] = {
	"abbrev", "abs", "acldefault", "aclexplode", "acos", "acosd", "acosh", "age", "any_value",
	"area", "array_agg", "array_append", "array_cat", "array_dims", "array_fill",
	"array_length", "array_lower", "array_ndims", "array_position", "array_positions",
	"array_prepend", "array_remove", "array_replace", "array_reverse", "array_sample",
	"array_shuffle", "array_sort", "array_to_json", "array_to_string", "array_to_tsvector",
	"array_upper", "ascii", "asin", "asind", "asinh", "atan", "atan2", "atan2d", "atand",
	"atanh", "avg", "bit", "bit_and", "bit_count", "bit_length", "bit_or", "bit_xor", "bool",
	"bool_and", "bool_or", "bound_box", "box", "bpchar", "broadcast", "btrim", "cardinality",
	"casefold", "cbrt", "ceil", "ceiling", "center", "char", "char_length",
	"character_length", "chr", "circle", "clock_timestamp", "coalesce", "col_description",
	"concat", "concat_ws", "convert", "convert_from", "convert_to", "corr", "cos", "cosd",
	"cosh", "cot", "cotd", "count", "covar_pop", "covar_samp", "crc32", "crc32c", "cume_dist",
	"current_catalog", "current_database", "current_query", "current_role", "current_schema",
	"current_schemas", "current_setting", "current_user", "date", "date_add", "date_bin",
	"date_part", "date_subtract", "date_trunc", "datemultirange", "daterange", "decode",
	"degrees", "dense_rank", "diagonal", "diameter", "div", "encode", "enum_first",
	"enum_last", "enum_range", "erf", "erfc", "every", "exp", "extract", "factorial",
	"family", "first_value", "float4", "float8", "floor", "format", "format_type", "gcd",
	"gen_random_uuid", "generate_series", "generate_subscripts", "get_bit", "get_byte",
	"get_current_ts_config", "greatest", "has_any_column_privilege", "has_column_privilege",
	"has_database_privilege", "has_foreign_data_wrapper_privilege", "has_function_privilege",
	"has_language_privilege", "has_parameter_privilege", "has_schema_privilege",
	"has_sequence_privilege", "has_server_privilege", "has_table_privilege",
	"has_tablespace_privilege", "has_type_privilege", "height", "host", "hostmask", "ilike",
	"inet_client_addr", "inet_client_port", "inet_merge", "inet_same_family",
	"inet_server_addr", "inet_server_port", "initcap", "int2", "int4", "int4multirange",
	"int4range", "int8", "int8multirange", "int8range", "interval", "is_normalized",
	"isclosed", "isempty", "isfinite", "isopen", "json_agg", "json_agg_strict",
	"json_array_elements", "json_array_elements_text", "json_array_length",
	"json_build_array", "json_build_object", "json_each", "json_each_text",
	"json_extract_path", "json_extract_path_text", "json_object", "json_object_agg",
	"json_object_agg_strict", "json_object_agg_unique", "json_object_agg_unique_strict",
	"json_object_keys", "json_populate_record", "json_populate_recordset", "json_strip_nulls",
	"json_to_record", "json_to_recordset", "json_to_tsvector", "json_typeof", "jsonb_agg",
	"jsonb_agg_strict", "jsonb_array_elements", "jsonb_array_elements_text",
	"jsonb_array_length", "jsonb_build_array", "jsonb_build_object", "jsonb_concat",
	"jsonb_contains", "jsonb_delete", "jsonb_delete_path", "jsonb_each", "jsonb_each_text",
	"jsonb_exists", "jsonb_exists_all", "jsonb_exists_any", "jsonb_extract_path",
	"jsonb_extract_path_text", "jsonb_insert", "jsonb_object", "jsonb_object_agg",
	"jsonb_object_agg_strict", "jsonb_object_agg_unique", "jsonb_object_agg_unique_strict",
	"jsonb_object_keys", "jsonb_path_exists", "jsonb_path_exists_tz", "jsonb_path_match",
	"jsonb_path_match_tz", "jsonb_path_query", "jsonb_path_query_array",
	"jsonb_path_query_array_tz", "jsonb_path_query_first", "jsonb_path_query_first_tz",
	"jsonb_path_query_tz", "jsonb_populate_record", "jsonb_populate_recordset",
	"jsonb_pretty", "jsonb_set", "jsonb_set_lax", "jsonb_strip_nulls", "jsonb_to_record",
	"jsonb_to_recordset", "jsonb_to_tsvector", "jsonb_typeof", "justify_days",
	"justify_hours", "justify_interval", "lag", "last_value", "lcm", "lead", "least", "left",
	"length", "like", "like_escape", "line", "ln", "log", "log10", "lower", "lower_inc",
	"lower_inf", "lpad", "lseg", "ltrim", "macaddr8_set7bit", "make_date", "make_interval",
	"make_time", "make_timestamp", "make_timestamptz", "makeaclitem", "masklen", "max", "md5",
	"min", "min_scale", "mod", "mode", "multirange", "name", "netmask", "network",
	"normalize", "notilike", "notlike", "now", "npoints", "nth_value", "ntile", "nullif",
	"num_nonnulls", "num_nulls", "numeric", "nummultirange", "numnode", "numrange",
	"obj_description", "octet_length", "overlaps", "overlay", "parse_ident", "path", "pclose",
	"percent_rank", "percentile_cont", "percentile_disc", "pg_backend_pid", "pg_basetype",
	"pg_char_to_encoding", "pg_client_encoding", "pg_collation_for", "pg_column_compression",
	"pg_column_size", "pg_database_size", "pg_describe_object", "pg_encoding_to_char",
	"pg_function_is_visible", "pg_get_constraintdef", "pg_get_expr",
	"pg_get_function_arguments", "pg_get_function_identity_arguments",
	"pg_get_function_result", "pg_get_functiondef", "pg_get_indexdef", "pg_get_keywords",
	"pg_get_partkeydef", "pg_get_ruledef", "pg_get_serial_sequence",
	"pg_get_statisticsobjdef", "pg_get_triggerdef", "pg_get_userbyid", "pg_get_viewdef",
	"pg_has_role", "pg_identify_object", "pg_index_column_has_property",
	"pg_index_has_property", "pg_indexam_has_property", "pg_indexes_size",
	"pg_is_in_recovery", "pg_my_temp_schema", "pg_opclass_is_visible",
	"pg_operator_is_visible", "pg_opfamily_is_visible", "pg_partition_ancestors",
	"pg_partition_root", "pg_partition_tree", "pg_postmaster_start_time", "pg_relation_size",
	"pg_size_bytes", "pg_size_pretty", "pg_table_is_visible", "pg_table_size",
	"pg_tablespace_databases", "pg_tablespace_size", "pg_total_relation_size",
	"pg_ts_config_is_visible", "pg_type_is_visible", "pg_typeof", "phraseto_tsquery", "pi",
	"plainto_tsquery", "point", "polygon", "popen", "position", "power", "querytree",
	"quote_ident", "quote_literal", "quote_nullable", "radians", "radius", "random",
	"random_normal", "range_agg", "range_intersect_agg", "range_merge", "rank",
	"regexp_count", "regexp_instr", "regexp_like", "regexp_match", "regexp_matches",
	"regexp_replace", "regexp_split_to_array", "regexp_split_to_table", "regexp_substr",
	"regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2", "regr_slope",
	"regr_sxx", "regr_sxy", "regr_syy", "repeat", "replace", "reverse", "right", "round",
	"row_number", "row_security_active", "row_to_json", "rpad", "rtrim", "scale",
	"session_user", "set_bit", "set_byte", "set_masklen", "setweight", "sha224", "sha256",
	"sha384", "sha512", "shobj_description", "sign", "similar_escape", "similar_to_escape",
	"sin", "sind", "sinh", "slope", "split_part", "sqrt", "starts_with",
	"statement_timestamp", "stddev", "stddev_pop", "stddev_samp", "string_agg",
	"string_to_array", "string_to_table", "strip", "strpos", "substr", "substring", "sum",
	"tan", "tand", "tanh", "text", "text_concat", "textcat", "time", "timeofday", "timestamp",
	"timestamptz", "timetz", "timezone", "to_ascii", "to_bin", "to_char", "to_date", "to_hex",
	"to_json", "to_jsonb", "to_number", "to_oct", "to_regclass", "to_regcollation",
	"to_regnamespace", "to_regoper", "to_regoperator", "to_regproc", "to_regprocedure",
	"to_regrole", "to_regtype", "to_timestamp", "to_tsquery", "to_tsvector",
	"transaction_timestamp", "translate", "trim", "trim_array", "trim_scale", "trunc",
	"ts_debug", "ts_delete", "ts_filter", "ts_headline", "ts_lexize", "ts_parse", "ts_rank",
	"ts_rank_cd", "tsmultirange", "tsquery_phrase", "tsrange", "tstzmultirange", "tstzrange",
	"tsvector_to_array", "unistr", "unnest", "upper", "upper_inc", "upper_inf", "user",
	"uuid_extract_timestamp", "uuid_extract_version", "uuidv4", "uuidv7", "var_pop",
	"var_samp", "varbit", "varchar", "variance", "version", "websearch_to_tsquery", "width",
	"width_bucket", "xml_is_well_formed", "xml_is_well_formed_content",
	"xml_is_well_formed_document", "xmlagg", "xmlcomment", "xmlconcat", "xmlelement",
	"xmlforest", "xpath", "xpath_exists",
};

uint32_t sql_kind_of_word(struct slice word)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_is(word, words[i].word))
			return words[i].kind;
	return 0;
}

const char *sql_kind_word(size_t i)
{
	return i < ARRAY_LEN(words) ? words[i].word : NULL;
}

static int compare_texts(struct slice a, const char *b)
{
	size_t n = strlen(b);
	int order = memcmp(a.p, b, a.n < n ? a.n : n);
	return order ? order : a.n < n ? -1 : a.n > n;
}

static int compare_node(const void *name, const void *node)
{
	return compare_texts(*(const struct slice *)name, ((const struct node *)node)->name);
}

static int compare_function(const void *name, const void *function)
{
	return compare_texts(*(const struct slice *)name, *(const char *const *)function);
}

bool sql_node_kinds(struct slice name, uint32_t *kinds)
{
	*kinds = 0;
	if (!name.n || name.p[0] < 'A' || name.p[0] > 'Z' || !slice_ends(name, SLICE_LIT("Stmt")))
		return false;
	const struct node *found = bsearch(&name, nodes, ARRAY_LEN(nodes), sizeof *nodes, compare_node);
	*kinds = found ? found->kinds : SQL_UNKNOWN;
	return found != NULL;
}

bool sql_function_is_harmless(struct slice name)
{
	return name.n && bsearch(&name, functions, ARRAY_LEN(functions), sizeof *functions, compare_function);
}

bool sql_words_are_sorted(void)
{
	for (size_t i = 1; i < ARRAY_LEN(nodes); i++)
		if (strcmp(nodes[i - 1].name, nodes[i].name) >= 0)
			return false;
	for (size_t i = 1; i < ARRAY_LEN(functions); i++)
		if (strcmp(functions[i - 1], functions[i]) >= 0)
			return false;
	return true;
}
