package dev.interlock.front.postgres.sql;

import static dev.interlock.front.postgres.sql.StatementReader.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.front.postgres.sql.ReadStatement.Name;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What each kind of statement does at most, from PostgreSQL's documentation. What is not listed can do anything. */
final class TopLevel {

    /** Settings that change no meaning and guard nothing. */
    private static final Set<String> HARMLESS_SETTINGS = words("""
            application_name bytea_output client_min_messages constraint_exclusion cpu_index_tuple_cost cpu_operator_cost
            cpu_tuple_cost cursor_tuple_fraction datestyle deadlock_timeout default_statistics_target
            default_transaction_deferrable default_transaction_isolation default_transaction_read_only
            effective_cache_size effective_io_concurrency enable_bitmapscan enable_gathermerge enable_hashagg
            enable_hashjoin enable_indexonlyscan enable_indexscan enable_material enable_memoize enable_mergejoin
            enable_nestloop enable_partition_pruning enable_partitionwise_aggregate enable_partitionwise_join
            enable_seqscan enable_sort enable_tidscan escape_string_warning extra_float_digits from_collapse_limit geqo
            geqo_threshold hash_mem_multiplier idle_in_transaction_session_timeout idle_session_timeout intervalstyle
            jit join_collapse_limit lc_messages lc_monetary lc_numeric lc_time lock_timeout maintenance_work_mem
            max_parallel_workers_per_gather parallel_setup_cost parallel_tuple_cost plan_cache_mode quote_all_identifiers
            random_page_cost row_security search_path seed seq_page_cost statement_timeout synchronize_seqscans temp_buffers timezone
            transaction_deferrable transaction_isolation transaction_read_only transaction_timeout work_mem xmlbinary
            xmloption transaction session_characteristics""");

    private static final Set<String> ADDING = words("""
            CreateStmt CreateTableAsStmt IndexStmt CreateSeqStmt CreateSchemaStmt CompositeTypeStmt CreateEnumStmt
            CreateRangeStmt CreatedbStmt CreateStatsStmt CommentStmt ReindexStmt CheckPointStmt
            AlterEnumStmt CreateConversionStmt""");

    private static final Set<String> READING = words("""
            SelectStmt VariableShowStmt ListenStmt UnlistenStmt FetchStmt ClosePortalStmt DeclareCursorStmt
            PrepareStmt ExecuteStmt ExplainStmt DeallocateStmt DiscardStmt ConstraintsSetStmt ReturnStmt InsertStmt UpdateStmt DeleteStmt MergeStmt""");

    /** No event trigger learns of them, nor of those that are {@link #READING}. */
    private static final Set<String> QUIET = words("""
            TransactionStmt VariableSetStmt CopyStmt LockStmt NotifyStmt TruncateStmt VacuumStmt DoStmt CallStmt
            CheckPointStmt ClusterStmt""");

    private static final Set<String> DESTROYING = words("""
            TruncateStmt DropdbStmt DropOwnedStmt DropTableSpaceStmt DropSubscriptionStmt RenameStmt
            AlterObjectSchemaStmt""");

    private static final Set<String> PRIVILEGED = words("""
            GrantStmt GrantRoleStmt AlterDefaultPrivilegesStmt CreatePolicyStmt AlterPolicyStmt AlterOwnerStmt
            ReassignOwnedStmt CreateExtensionStmt AlterExtensionStmt AlterExtensionContentsStmt CreateFdwStmt AlterFdwStmt
            CreateForeignServerStmt AlterForeignServerStmt CreateForeignTableStmt ImportForeignSchemaStmt
            CreatePublicationStmt AlterPublicationStmt SecLabelStmt CreatePLangStmt CreateAmStmt CreateTransformStmt
            CreateCastStmt AlterDatabaseStmt AlterDatabaseSetStmt AlterDatabaseRefreshCollStmt CreateTableSpaceStmt
            AlterTableSpaceOptionsStmt AlterRoleSetStmt""");

    private static final Set<String> SECRET = words("""
            CreateRoleStmt AlterRoleStmt DropRoleStmt CreateUserMappingStmt AlterUserMappingStmt DropUserMappingStmt
            CreateSubscriptionStmt AlterSubscriptionStmt""");

    private static final Set<String> CODE = words("""
            DoStmt CallStmt CreateFunctionStmt AlterFunctionStmt CreateTrigStmt RuleStmt CreateOpClassStmt
            CreateOpFamilyStmt AlterOpFamilyStmt DefineStmt CreateDomainStmt AlterOperatorStmt AlterTypeStmt""");

    private static final Set<String> MILD_ALTERATIONS = words("""
            AT_AddColumn AT_ColumnDefault AT_DropNotNull AT_SetNotNull AT_SetStatistics AT_SetOptions AT_ResetOptions
            AT_AddIndex AT_AddConstraint AT_ValidateConstraint AT_AddIndexConstraint AT_ClusterOn AT_DropCluster
            AT_ResetRelOptions AT_AttachPartition AT_AddIdentity AT_SetCompression AT_SetStorage
            AT_AlterConstraint""");

    private static final Set<String> GUARDS = words("""
            AT_ChangeOwner AT_EnableTrig AT_EnableAlwaysTrig AT_EnableReplicaTrig AT_DisableTrig AT_EnableTrigAll
            AT_DisableTrigAll AT_EnableTrigUser AT_DisableTrigUser AT_EnableRule AT_EnableAlwaysRule AT_EnableReplicaRule
            AT_DisableRule AT_EnableRowSecurity AT_DisableRowSecurity AT_ForceRowSecurity AT_NoForceRowSecurity
            AT_ReplicaIdentity""");

    /** The option of a cursor that outlives its transaction. */
    static final int HELD = 0x20;

    private TopLevel() {}

    private static Set<String> words(String text) {
        return Stream.of(text.strip().split("\\s+")).collect(Collectors.toUnmodifiableSet());
    }

    /** Returns what a statement does at most, beside the statements within it. */
    static Effect effect(String node, JsonNode statement) {
        return switch (node) {
            case "TransactionStmt" -> transaction(text(statement, "kind"));
            case "VariableSetStmt" -> setting(statement);
            case "CopyStmt" -> copy(statement);
            case "AlterTableStmt" -> alteration(statement);
            case "ViewStmt" -> statement.path("replace").asBoolean() ? Effect.DESTROY : Effect.ADD;
            case "RefreshMatViewStmt" -> statement.path("skipData").asBoolean() ? Effect.DESTROY : Effect.CHANGE;
            case "DropStmt" -> dropsTemporaryFunctions(statement) ? Effect.READ : Effect.DESTROY;
            case "LockStmt" -> lock(statement.path("mode").asInt());
            case "ClusterStmt" -> Effect.CHANGE; // nobody else reads the table meanwhile
            case "VacuumStmt" -> statement.path("options").toString().contains("\"full\"") ? Effect.CHANGE : Effect.ADD;
            // of rows, as the table locks above: others wait
            case "SelectStmt" -> statement.has("lockingClause") ? Effect.ADD : Effect.READ;
            case "AlterSeqStmt" -> Effect.CHANGE;
            case "AlterStatsStmt", "NotifyStmt" -> Effect.ADD;
            default -> listed(node);
        };
    }

    /** Returns whether it makes a function for this session, which runs under no settings of its own. */
    static boolean makesTemporaryFunction(String node, JsonNode statement) {
        return node.equals("CreateFunctionStmt")
                && isTemporary(StatementReader.name(statement.path("funcname")))
                && !statement.path("options").findValuesAsText("defname").contains("set");
    }

    private static boolean dropsTemporaryFunctions(JsonNode statement) {
        return text(statement, "removeType").equals("OBJECT_FUNCTION")
                && statement.path("objects").findValues("objname").stream()
                        .allMatch(name -> isTemporary(StatementReader.name(name)));
    }

    private static boolean isTemporary(Name name) {
        return name.schema().equals("pg_temp");
    }

    private static Effect listed(String node) {
        if (READING.contains(node)) {
            return Effect.READ;
        }
        if (ADDING.contains(node)) {
            return Effect.ADD;
        }
        if (DESTROYING.contains(node)) {
            return Effect.DESTROY;
        }
        if (PRIVILEGED.contains(node)) {
            return Effect.PRIVILEGE;
        }
        if (SECRET.contains(node)) {
            return Effect.PRIVILEGE.and(Effect.REVEAL);
        }
        return CODE.contains(node) ? Effect.EXECUTE : Effect.ANYTHING;
    }

    /** By the first lock a table is only kept from being dropped, as by every read; from the fifth on, others wait. */
    private static Effect lock(int mode) {
        return mode == 1 ? Effect.READ : mode < 5 ? Effect.ADD : Effect.CHANGE;
    }

    private static Effect transaction(String kind) {
        return switch (kind) {
            case "TRANS_STMT_PREPARE", "TRANS_STMT_COMMIT_PREPARED" -> Effect.CHANGE;
            case "TRANS_STMT_ROLLBACK_PREPARED" -> Effect.DESTROY;
            default -> Effect.READ;
        };
    }

    private static Effect setting(JsonNode statement) {
        String kind = text(statement, "kind");
        String name = text(statement, "name").toLowerCase(Locale.ROOT).replace(' ', '_');
        // what the session had at first, it was let in with; but a role may have been the lesser one
        boolean isBack = kind.equals("VAR_RESET_ALL")
                || (Set.of("VAR_RESET", "VAR_SET_DEFAULT").contains(kind)
                        && !Set.of("role", "session_authorization").contains(name));
        return isBack || isHarmless(name) || isAsItIs(name, value(statement)) ? Effect.READ : Effect.PRIVILEGE;
    }

    /** Returns whether names stand for the same after a SET. */
    static boolean keepsNames(JsonNode statement) {
        String name = text(statement, "name").toLowerCase(Locale.ROOT).replace(' ', '_');
        return !name.equals("search_path") && (isHarmless(name) || isAsItIs(name, value(statement)));
    }

    /** Returns the command tags by which event triggers know a statement; none if they do not learn of it. */
    static Set<String> tags(String node, JsonNode statement) {
        boolean makesTable = node.equals("CreateTableAsStmt") || statement.has("intoClause");
        if (makesTable) {
            return Set.of("CREATE TABLE AS", "SELECT INTO", "CREATE MATERIALIZED VIEW");
        }
        if (READING.contains(node) || QUIET.contains(node)) {
            return Set.of();
        }
        return switch (node) {
            case "CreateStmt" -> Set.of("CREATE TABLE");
            case "CreateFunctionStmt" ->
                Set.of(statement.path("is_procedure").asBoolean() ? "CREATE PROCEDURE" : "CREATE FUNCTION");
            case "DropStmt" ->
                Set.of("DROP TABLE", "DROP VIEW", "DROP INDEX").contains(kind(node, statement))
                        ? Set.of(kind(node, statement))
                        : Set.of("*");
            case "ViewStmt" -> Set.of("CREATE VIEW");
            case "IndexStmt" -> Set.of("CREATE INDEX");
            case "AlterTableStmt" -> Set.of(text(statement, "objtype").equals("OBJECT_TABLE") ? "ALTER TABLE" : "*");
            default -> Set.of("*");
        };
    }

    /** Returns whether it sets what the gateway keeps to itself. */
    private static boolean isAsItIs(String name, String value) {
        return GrammarSettings.has(name) && GrammarSettings.permits(name, value);
    }

    static boolean isHarmless(String setting) {
        return HARMLESS_SETTINGS.contains(setting.toLowerCase(Locale.ROOT));
    }

    private static String value(JsonNode statement) {
        return text(statement.path("args").path(0).path("A_Const").path("sval"), "sval");
    }

    /** Returns the role that a SET sets; empty if it sets something else. */
    static String role(JsonNode statement) {
        return text(statement, "name").equalsIgnoreCase("role") ? value(statement) : "";
    }

    private static Effect copy(JsonNode statement) {
        boolean takesIn = statement.path("is_from").asBoolean();
        if (statement.path("is_program").asBoolean()) {
            return Effect.ANYTHING; // a command of the operating system
        }
        if (statement.path("filename").isTextual()) {
            return takesIn ? Effect.REVEAL.and(Effect.ADD) : Effect.ANYTHING; // a file of the server
        }
        return takesIn ? Effect.ADD : Effect.READ;
    }

    private static Effect alteration(JsonNode statement) {
        Effect effect = Effect.ADD;
        for (JsonNode each : statement.path("cmds")) {
            JsonNode command = each.path("AlterTableCmd");
            String kind = text(command, "subtype");
            if (GUARDS.contains(kind)) {
                effect = effect.and(Effect.PRIVILEGE);
            } else if (Set.of("AT_SetIdentity", "AT_SetRelOptions").contains(kind)) {
                effect = effect.and(Effect.CHANGE); // numbers that were given already; upkeep that stops
            } else if (!MILD_ALTERATIONS.contains(kind)) {
                effect = effect.and(Effect.DESTROY);
            }
        }
        return effect;
    }

    /** Returns whether the relations that the statement names, wherever it does, are what it changes. */
    static boolean changesWhatItNames(String node) {
        return switch (node) {
            case "SelectStmt",
                    "ReturnStmt",
                    "InsertStmt",
                    "UpdateStmt",
                    "DeleteStmt",
                    "MergeStmt",
                    "DeclareCursorStmt",
                    "CreateTableAsStmt",
                    "ViewStmt",
                    "CopyStmt",
                    "LockStmt",
                    "PrepareStmt",
                    "ExecuteStmt",
                    "ExplainStmt" -> false;
            default -> true;
        };
    }

    /** Returns the relations that a statement names as lists of words. */
    static Set<Name> named(String node, JsonNode statement) {
        if (!node.equals("DropStmt")
                || !Set.of("OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_SEQUENCE", "OBJECT_FOREIGN_TABLE")
                        .contains(text(statement, "removeType"))) {
            return Set.of();
        }
        List<Name> names = new ArrayList<>();
        statement
                .path("objects")
                .forEach(
                        each -> names.add(StatementReader.name(each.path("List").path("items"))));
        return Set.copyOf(names);
    }

    /** Returns the statement's words, such as {@code DROP TABLE}. */
    static String kind(String node, JsonNode statement) {
        String kind = node.replaceFirst("Stmt$", "")
                .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                .toUpperCase(Locale.ROOT);
        return switch (node) {
            case "DropStmt" ->
                "DROP " + text(statement, "removeType").replace("OBJECT_", "").replace('_', ' ');
            case "TransactionStmt" ->
                text(statement, "kind").replace("TRANS_STMT_", "").replace('_', ' ');
            case "CreateStmt" -> "CREATE TABLE";
            case "CreateTrigStmt" -> "CREATE TRIGGER";
            case "CreatedbStmt" -> "CREATE DATABASE";
            case "DropdbStmt" -> "DROP DATABASE";
            case "VariableSetStmt" -> "SET";
            case "VariableShowStmt" -> "SHOW";
            case "CopyStmt" -> statement.path("is_from").asBoolean() ? "COPY FROM" : "COPY TO";
            default -> kind;
        };
    }

    /** Returns whether an option's argument says no: {@code off}, {@code false} or 0. */
    static boolean isFalse(JsonNode argument) {
        String word = text(argument.path("String"), "sval").toLowerCase(Locale.ROOT);
        return word.equals("off") || word.equals("false") || argument.toString().equals("{\"Integer\":{}}");
    }
}
