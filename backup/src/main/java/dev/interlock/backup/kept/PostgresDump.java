package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A dump by {@code pg_dump}.
 *
 * @param major the server's major version
 * @param encoding the database's encoding
 * @param locale the database's locale; empty in old dumps, which did not record it and summed rows in another way
 * @param roles the roles that the dump may name, and whether they are superusers
 * @param contents the content that must be there after a restore
 * @param sequences the positions of the sequences; empty in old dumps, which did not record them
 * @param beside the server's other databases that no plan saved; empty in old dumps, which did not record them
 * @param extensions the members of each extension; empty in old dumps, which did not record them
 */
public record PostgresDump(
        int major,
        String encoding,
        Optional<DatabaseLocale> locale,
        DumpFormat format,
        Map<String, Boolean> roles,
        DatabaseContents contents,
        Optional<Sequences> sequences,
        List<String> beside,
        Optional<Map<String, ExtensionMembers>> extensions)
        implements BackupContent {

    static final String TYPE = "interlock-backup@v5";

    /** The type of manifests without extensions. */
    static final String TYPE_4 = "interlock-backup@v4";

    /** The type of manifests without extensions and sequences. */
    static final String TYPE_3 = "interlock-backup@v3";

    /** The type of manifests without extensions, sequences and locale. */
    static final String TYPE_2 = "interlock-backup@v2";

    public PostgresDump {
        roles = new TreeMap<>(roles);
        extensions = extensions.map(all -> Collections.unmodifiableMap(new TreeMap<>(all)));
        beside = List.copyOf(new TreeSet<>(beside)); // two names that are not UTF-8 may read alike
    }

    /** Returns the dump with the sequence positions {@code watched} and with {@code others} on its server. */
    public PostgresDump with(Sequences watched, List<String> others) {
        return new PostgresDump(
                major, encoding, locale, format, roles, contents, Optional.of(watched), others, extensions);
    }

    @Override
    public boolean isSequencesKnown() {
        return sequences.filter(watched -> !watched.isKnown()).isEmpty();
    }

    /** Returns the type of a manifest with this dump. */
    String form() {
        if (sequences.isPresent()) {
            return extensions.isPresent() ? TYPE : TYPE_4;
        }
        return locale.isPresent() ? TYPE_3 : TYPE_2;
    }

    @Override
    public Json.Members on(Json.Members to) {
        Map<String, Json> named = new TreeMap<>();
        roles.forEach((name, isSuper) -> named.put(name, new Json.Flag(isSuper)));
        Json.Members located =
                locale.isPresent() ? to.with("locale", locale.get().json()) : to;
        Json.Members all = sequences.isPresent()
                ? located.with("sequences", sequences.get().json())
                : located;
        Json.Members neighboured = beside.isEmpty() ? all : all.withTexts("beside", beside);
        Json.Members whole = form().equals(TYPE) ? neighboured.with("extensions", belongings()) : neighboured;
        return whole.with("major", major)
                .with("encoding", encoding)
                .with("format", format.word())
                .with("roles", new Json.Members(named))
                .with("contents", contents.json());
    }

    private Json belongings() {
        Map<String, Json> all = new TreeMap<>();
        extensions.orElse(Map.of()).forEach((name, members) -> all.put(name, members.json()));
        return new Json.Members(all);
    }

    private static Map<String, ExtensionMembers> belongings(Json.Members json) {
        Map<String, ExtensionMembers> all = new TreeMap<>();
        json.members().keySet().forEach(name -> all.put(name, ExtensionMembers.of(json.object(name))));
        return all;
    }

    /** Reads the dump of a manifest of {@code type}, which is one of these. */
    static PostgresDump of(Json.Members json, String type) {
        Optional<DatabaseLocale> locale =
                type.equals(TYPE_2) ? Optional.empty() : Optional.of(DatabaseLocale.of(json.object("locale")));
        boolean isWithSequences = type.equals(TYPE) || type.equals(TYPE_4);
        Optional<Sequences> sequences =
                isWithSequences ? Optional.of(Sequences.of(json.object("sequences"))) : Optional.empty();
        Optional<Map<String, ExtensionMembers>> extensions =
                type.equals(TYPE) ? Optional.of(belongings(json.object("extensions"))) : Optional.empty();
        Map<String, Boolean> roles = new TreeMap<>();
        Json.Members named = json.object("roles");
        named.members().keySet().forEach(name -> roles.put(name, named.flag(name)));
        return new PostgresDump(
                Math.toIntExact(json.whole("major")),
                json.text("encoding"),
                locale,
                DumpFormat.of(json.text("format")),
                roles,
                DatabaseContents.of(json.object("contents")),
                sequences,
                json.texts("beside"),
                extensions);
    }

    @Override
    public Amount amount() {
        return contents.amount();
    }

    @Override
    public Optional<String> emptiness() {
        return contents.emptiness();
    }
}
