package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;
import java.util.Optional;

/**
 * The rules by which a database compares and interprets text. Generated columns, constraints and partition bounds are
 * recomputed when it is restored. They come out the same only under the same rules.
 *
 * @param provider the value in {@code pg_database}: {@code c} for the C library, {@code i} for ICU, {@code b} for
 *     PostgreSQL itself
 * @param collate the C library's locale for sorting
 * @param ctype the C library's locale for character classes
 * @param name the other providers' locale for both
 * @param rules additional ICU collation rules
 * @param monetary the C library's locale for amounts of money
 */
public record DatabaseLocale(
        String provider, String collate, String ctype, Optional<String> name, Optional<String> rules, String monetary) {

    Json.Members json() {
        return Json.object()
                .with("provider", provider)
                .with("collate", collate)
                .with("ctype", ctype)
                .withOptional("name", name)
                .withOptional("rules", rules)
                .with("monetary", monetary);
    }

    /** @throws dev.interlock.evidence.MalformedException if {@link #json} did not write it */
    static DatabaseLocale of(Json.Members json) {
        return new DatabaseLocale(
                json.text("provider"),
                json.text("collate"),
                json.text("ctype"),
                json.optionalText("name"),
                json.optionalText("rules"),
                json.text("monetary"));
    }
}
