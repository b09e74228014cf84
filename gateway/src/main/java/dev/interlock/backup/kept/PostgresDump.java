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
 * @param roles who may be named in the dump, and whether they are superusers
 * @param contents what must be there again
 */
public record PostgresDump(int major, String encoding, DumpFormat format, Map<String, Boolean> roles, Contents contents)
        implements Holding {

    static final String TYPE = "interlock-backup@v2";

    public PostgresDump {
        roles = new TreeMap<>(roles);
    }

    @Override
    public Json.Members on(Json.Members to) {
        Map<String, Json> named = new TreeMap<>();
        roles.forEach((name, isSuper) -> named.put(name, new Json.Flag(isSuper)));
        return to.with("major", major)
                .with("encoding", encoding)
                .with("format", format.word())
                .with("roles", new Json.Members(named))
                .with("contents", contents.json());
    }

    static PostgresDump of(Json.Members json) {
        Map<String, Boolean> roles = new TreeMap<>();
        Json.Members named = json.object("roles");
        named.members().keySet().forEach(name -> roles.put(name, named.flag(name)));
        return new PostgresDump(
                Math.toIntExact(json.whole("major")),
                json.text("encoding"),
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
