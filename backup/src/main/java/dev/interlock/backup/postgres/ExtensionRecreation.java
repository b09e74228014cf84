package dev.interlock.backup.postgres;

import dev.interlock.backup.kept.DatabaseContents;
import dev.interlock.backup.kept.ExtensionMembers;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.InconclusiveException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Creates extensions in the source's version, in their own database. A dump names no version, so a restored extension
 * has the default version. But the files of most extensions can create earlier versions as well.
 *
 * <p>To be used by the thread that opened the cluster.
 */
final class ExtensionRecreation implements ExtensionComparison.ExtensionMaker {

    private final ScratchCluster cluster;
    private final PostgresDump dump;
    private final SqlSession restored;
    private @Nullable SandboxedClients empty;

    ExtensionRecreation(ScratchCluster cluster, PostgresDump dump, SqlSession restored) {
        this.cluster = cluster;
        this.dump = dump;
        this.restored = restored;
    }

    /**
     * Selects an extension after those that it requires. Each row has the schema, and whether an extension made that
     * schema.
     */
    private static String needed(String extension) {
        return """
                WITH RECURSIVE needed(oid) AS (
                    SELECT oid FROM pg_extension WHERE extname = %s
                    UNION SELECT d.refobjid FROM pg_depend d JOIN needed ON d.objid = needed.oid
                    WHERE d.classid = 'pg_extension'::regclass AND d.refclassid = 'pg_extension'::regclass)
                SELECT e.extname, n.nspname, EXISTS (SELECT 1 FROM pg_depend d
                    WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
                FROM pg_extension e JOIN needed ON needed.oid = e.oid JOIN pg_namespace n ON n.oid = e.extnamespace
                ORDER BY e.oid
                """.formatted(DatabaseContents.literal(extension));
    }

    @Override
    public Optional<ExtensionMembers.ExtensionInventory> made(String extension, String version) throws IOException {
        List<String> needed = restored.query(needed(extension));
        if (empty == null) {
            empty = cluster.another("extended", dump);
        }
        try (SqlSession session = empty.session()) {
            session.run("BEGIN");
            for (int i = 0; i + 2 < needed.size(); i += 3) {
                String name = needed.get(i);
                String schema = needed.get(i + 1);
                boolean own = needed.get(i + 2).equals("t");
                make(
                        session,
                        name,
                        own ? Optional.empty() : Optional.of(schema),
                        name.equals(extension) ? version : "");
            }
            return Optional.ofNullable(ExtensionComparison.of(session).get(extension))
                    .filter(all -> all.version().equals(version));
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException e) {
            return Optional.empty();
        }
    }

    private static void make(SqlSession session, String extension, Optional<String> schema, String version)
            throws IOException {
        if (schema.isPresent()
                && session.value("SELECT count(*) FROM pg_namespace WHERE nspname = "
                                + DatabaseContents.literal(schema.get()))
                        .equals("0")) {
            session.run("CREATE SCHEMA " + DatabaseContents.quoted(schema.get()));
        }
        session.run("CREATE EXTENSION IF NOT EXISTS " + DatabaseContents.quoted(extension)
                + schema.map(in -> " SCHEMA " + DatabaseContents.quoted(in)).orElse("")
                + (version.isEmpty() ? "" : " VERSION " + DatabaseContents.quoted(version)) + " CASCADE");
    }
}
