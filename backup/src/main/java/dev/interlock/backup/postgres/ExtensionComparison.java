package dev.interlock.backup.postgres;

import dev.interlock.action.VisibleText;
import dev.interlock.backup.kept.DatabaseContents;
import dev.interlock.backup.kept.ExtensionMembers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The members of extensions. The owner of an extension, which may be any owner of a database, can add their own objects
 * to it. No dump contains those objects any more, and no user notices.
 */
final class ExtensionComparison {

    /**
     * Selects each extension with each member, or with an empty one if it has none. PostgreSQL makes some objects along
     * with others: the types of a table's rows, or of arrays. They count as part of those others; until PostgreSQL was
     * corrected they were members themselves. Temporary objects of a session are in no dump anyway.
     */
    private static final String ALL = """
            SELECT e.extname, e.extversion, coalesce(m.said, '')
            FROM pg_extension e LEFT JOIN LATERAL (
                SELECT upper(replace(o.type, '-', ' ')) || ' ' || o.identity AS said
                FROM pg_depend d, pg_identify_object(d.classid, d.objid, d.objsubid) o
                WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
                  AND coalesce(o.schema, '') !~ '^pg_temp'
                  AND NOT (d.classid = 'pg_type'::regclass AND EXISTS (SELECT 1 FROM pg_depend i
                      WHERE i.classid = d.classid AND i.objid = d.objid AND i.deptype = 'i'))) m ON true
            """;

    /** Maximum of members in a message. */
    private static final int MAX_SHOWN = 3;

    private static final int MAX_SHOWN_NAME = 100;

    private ExtensionComparison() {}

    /** Returns the current members of each extension. */
    static Map<String, ExtensionMembers.ExtensionInventory> of(SqlSession session) throws IOException {
        List<String> values = session.query(ALL);
        Map<String, ExtensionMembers.ExtensionInventory> all = new TreeMap<>();
        for (int i = 0; i + 2 < values.size(); i += 3) {
            String version = values.get(i + 1);
            ExtensionMembers.ExtensionInventory extension = all.computeIfAbsent(
                    values.get(i), _ -> new ExtensionMembers.ExtensionInventory(version, new TreeSet<>()));
            if (!values.get(i + 2).isEmpty()) {
                extension.members().add(values.get(i + 2));
            }
        }
        return all;
    }

    /** Makes an extension without any added members. */
    @FunctionalInterface
    interface ExtensionMaker {

        /** Returns the members of a fresh {@code extension} of {@code version}; empty if it cannot be made. */
        Optional<ExtensionMembers.ExtensionInventory> made(String extension, String version) throws IOException;
    }

    /**
     * The result of a comparison.
     *
     * @param faults the faults, by extension
     * @param uncompared the extensions that could not be compared
     */
    record ExtensionFindings(Map<String, String> faults, List<String> uncompared) {

        List<String> wrong() {
            return List.copyOf(faults.values());
        }

        /** Returns the result for a server on which an extension of the same version may still differ. */
        ExtensionFindings doubted() {
            return new ExtensionFindings(
                    Map.of(),
                    Stream.concat(faults.keySet().stream(), uncompared.stream()).toList());
        }
    }

    /**
     * Compares the members that the source {@code had} with those that the extensions have recreated.
     *
     * @param restored the members in the restored database
     * @param anew makes extensions of the source's version if the restored version differs
     */
    static ExtensionFindings judged(
            Map<String, ExtensionMembers> had,
            Map<String, ExtensionMembers.ExtensionInventory> restored,
            ExtensionMaker anew)
            throws IOException {
        Map<String, String> faults = new TreeMap<>();
        List<String> uncompared = new ArrayList<>();
        for (Map.Entry<String, ExtensionMembers> one : had.entrySet()) {
            String name = one.getKey();
            String version = one.getValue().version();
            Optional<ExtensionMembers.ExtensionInventory> made = Optional.ofNullable(restored.get(name))
                    .filter(there -> there.version().equals(version));
            if (made.isEmpty()) {
                made = anew.made(name, version);
            }
            Optional<ExtensionMembers.MissingMembers> lack = made.flatMap(one.getValue()::lackOf);
            if (lack.isEmpty()) {
                uncompared.add(name);
            } else if (lack.get().count() > 0) {
                faults.put(name, said(name, lack.get()));
            }
        }
        return new ExtensionFindings(faults, uncompared);
    }

    private static String said(String extension, ExtensionMembers.MissingMembers lack) {
        List<String> shown = lack.named().stream().limit(MAX_SHOWN).toList();
        long more = lack.count() - shown.size();
        String names = shown.stream().map(name -> "`" + cut(name) + "`").collect(Collectors.joining(", "))
                + (shown.isEmpty() || more == 0 ? "" : " and ")
                + (more == 0 ? "" : more + (shown.isEmpty() ? " things" : " more"));
        return "a dump does not contain objects that were added to an extension, and `" + extension
                + "` does not create them again: "
                + names
                + "; at the source, `ALTER EXTENSION " + DatabaseContents.quoted(extension) + " DROP "
                + (shown.isEmpty() ? "…" : shown.getFirst()) + "`" + (lack.count() > 1 ? " and so on" : "")
                + ", then take another backup";
    }

    private static String cut(String name) {
        return VisibleText.shortened(name, MAX_SHOWN_NAME);
    }
}
