package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What {@code pg_dump} wrote.
 *
 * @param major the server's major version
 * @param encoding the database's
 * @param locale the database's; empty of one that was taken when nobody noted it, whose rows were summed in another way
 * @param roles who may be named in the dump, and whether they are superusers
 * @param contents what must be there again
 */
public record PostgresDump(
        int major,
        String encoding,
        Optional<DatabaseLocale> locale,
        DumpFormat format,
        Map<String, Boolean> roles,
        Contents contents)
        implements Holding {

    static final String TYPE = "interlock-backup@v3";

    /** Without a locale. */
    static final String TYPE_BEFORE = "interlock-backup@v2";

    public PostgresDump {
        roles = new TreeMap<>(roles);
    }

    @Override
    public Json.Members on(Json.Members to) {
        Map<String, Json> named = new TreeMap<>();
        roles.forEach((name, isSuper) -> named.put(name, new Json.Flag(isSuper)));
        Json.Members located =
                locale.isPresent() ? to.with("locale", locale.get().json()) : to;
        return located.with("major", major)
                .with("encoding", encoding)
                .with("format", format.word())
                .with("roles", new Json.Members(named))
                .with("contents", contents.json());
    }

    static PostgresDump of(Json.Members json) {
        return of(json, Optional.of(DatabaseLocale.of(json.object("locale"))));
    }

    static PostgresDump before(Json.Members json) {
        return of(json, Optional.empty());
    }

    private static PostgresDump of(Json.Members json, Optional<DatabaseLocale> locale) {
        Map<String, Boolean> roles = new TreeMap<>();
        Json.Members named = json.object("roles");
        named.members().keySet().forEach(name -> roles.put(name, named.flag(name)));
        return new PostgresDump(
                Math.toIntExact(json.whole("major")),
                json.text("encoding"),
                locale,
                DumpFormat.of(json.text("format")),
                roles,
                Contents.of(json.object("contents")));
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
