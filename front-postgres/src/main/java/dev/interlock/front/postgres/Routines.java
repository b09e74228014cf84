package dev.interlock.front.postgres;

import dev.interlock.front.postgres.sql.Effect;
import dev.interlock.front.postgres.sql.ReadStatement;
import dev.interlock.front.postgres.sql.SqlReader;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What functions do at most. A function of the server's own counts by its name; one of an extension that is known, by
 * its volatility; any other does what its body says, and what cannot be read does anything.
 */
final class Routines {

    private static final String SYSTEM = "pg_catalog";

    private static final Set<String> HARMLESS = Set.of("""
            random random_normal setseed clock_timestamp timeofday gen_random_uuid uuidv4 uuidv7 pg_sleep pg_sleep_for
            pg_sleep_until txid_current pg_current_xact_id pg_backend_pid currval lastval pg_is_in_recovery
            pg_get_serial_sequence pg_size_pretty pg_relation_size pg_total_relation_size pg_table_size pg_indexes_size
            pg_database_size pg_tablespace_size pg_column_size txid_status pg_xact_status pg_lock_status
            pg_prepared_statement pg_cursor pg_prepared_xact pg_stat_get_activity pg_show_all_settings
            pg_get_keywords pg_timezone_names pg_timezone_abbrevs pg_advisory_unlock pg_advisory_unlock_all
            pg_try_advisory_lock pg_advisory_lock pg_advisory_xact_lock pg_try_advisory_xact_lock
            pg_advisory_lock_shared pg_advisory_xact_lock_shared pg_try_advisory_lock_shared
            pg_try_advisory_xact_lock_shared pg_get_publication_tables pg_sequence_last_value pg_sequence_parameters
            pg_logical_slot_peek_changes pg_logical_slot_peek_binary_changes pg_available_extensions
            pg_available_extension_versions pg_partition_tree pg_partition_ancestors
            suppress_redundant_updates_trigger tsvector_update_trigger tsvector_update_trigger_column""".strip().split("\\s+"));

    /** Functions that add something, or tell others; nothing is lost. */
    private static final Set<String> WRITING =
            Set.of("nextval", "pg_notify", "lo_create", "lo_creat", "lo_from_bytea", "pg_logical_emit_message");

    private static final List<String> LOCKING = List.of("pg_advisory", "pg_try_advisory");

    /** Functions that run a text as a statement, or that read what holds secrets, though they change nothing. */
    private static final Set<String> RUNS_TEXT = Set.of("""
            query_to_xml query_to_xmlschema query_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema ts_stat ts_rewrite
            database_to_xml database_to_xmlschema database_to_xml_and_xmlschema schema_to_xml schema_to_xmlschema
            schema_to_xml_and_xmlschema table_to_xml table_to_xmlschema table_to_xml_and_xmlschema""".strip().split("\\s+"));

    private static final Set<String> REVEALS = Set.of("""
            pg_read_file pg_read_binary_file pg_ls_dir pg_stat_file pg_ls_logdir pg_ls_waldir pg_ls_tmpdir
            pg_ls_archive_statusdir pg_hba_file_rules pg_file_settings pg_show_all_file_settings lo_get loread""".strip().split("\\s+"));

    private static final Set<String> HARMLESS_OF_EXTENSIONS = Set.of(
            "uuid_generate_v1",
            "uuid_generate_v1mc",
            "uuid_generate_v4",
            "gen_random_bytes",
            "gen_random_uuid",
            "gen_salt");

    private static final Pattern RAISE = Pattern.compile("(?i)\\braise[ \t]+exception");

    private Routines() {}

    /** Returns whether what a function of that name does may stay if the transaction is rolled back. */
    static boolean outlastsRollback(String name) {
        return WRITING.contains(name) || LOCKING.stream().anyMatch(name::startsWith);
    }

    /** Returns whether it may catch an error, and so undo a part of what it has done. */
    static boolean takesBack(ServerFacts.Routine routine) {
        String raisesNone = RAISE.matcher(routine.definition()).replaceAll("");
        return raisesNone.toLowerCase(Locale.ROOT).contains("exception");
    }

    /** Returns the worst of {@code candidates}: which of them is called, only the server decides. */
    static Effect effect(Set<ServerFacts.Routine> candidates, SqlReader reader) {
        Effect worst = Effect.READ;
        for (ServerFacts.Routine candidate : candidates) {
            worst = worst.and(effect(candidate, reader));
        }
        return worst;
    }

    /**
     * Returns the statements of {@code routine}, which count beside those that call it; empty if they are not known.
     * Inside other settings, a name that is not qualified stands for something else, and so it does in what that calls.
     */
    static Optional<List<ReadStatement>> body(ServerFacts.Routine routine, SqlReader reader) {
        if (routine.origin() != ServerFacts.Origin.OWN || routine.definition().isEmpty()) {
            return Optional.empty();
        }
        return reader.body(routine.definition())
                .filter(body -> body.stream()
                        .allMatch(statement -> statement.session() instanceof ReadStatement.Session.Nothing
                                && (!routine.isConfigured() || isQualified(statement))))
                .map(body -> routine.isConfigured()
                        ? body.stream()
                                .map(each -> each.withTypes(Set.of(CatalogQuery.OTHER_SETTINGS)))
                                .toList()
                        : body);
    }

    private static boolean isQualified(ReadStatement statement) {
        return Stream.concat(statement.read().stream(), statement.changed().stream())
                .allMatch(name -> name.parts().size() > 1);
    }

    private static Effect effect(ServerFacts.Routine routine, SqlReader reader) {
        if (routine.origin() == ServerFacts.Origin.OWN) {
            return body(routine, reader).isPresent() ? Effect.READ : Effect.EXECUTE;
        }
        boolean isVolatile = routine.volatility() == 'v';
        String name = routine.name();
        if (!routine.schema().equals(SYSTEM)) {
            return isVolatile && !HARMLESS_OF_EXTENSIONS.contains(name) ? Effect.EXECUTE : Effect.READ;
        }
        if (name.equals("set_config")) { // called by its name, the statement says which setting it changes
            return routine.how().isEmpty() ? Effect.READ : Effect.PRIVILEGE;
        }
        if (RUNS_TEXT.contains(name)) {
            return Effect.EXECUTE;
        }
        if (REVEALS.contains(name)) {
            return Effect.REVEAL;
        }
        if (!isVolatile
                || HARMLESS.contains(name)
                || (name.equals("nextval") && routine.how().equals("change"))) {
            return Effect.READ; // a default takes the next number: gaps are no loss
        }
        if (name.equals("nextval") && !routine.how().isEmpty()) {
            return Effect.CHANGE; // a view may take many
        }
        return WRITING.contains(name) ? Effect.ADD : Effect.ANYTHING;
    }
}
