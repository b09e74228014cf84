package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;
import java.util.Optional;

/**
 * By which rules a database compares and understands text. What is reckoned anew when it is restored, such as generated
 * columns, constraints and the bounds of partitions, comes out the same only by the same rules.
 *
 * @param provider as {@code pg_database} has it: {@code c} for the C library, {@code i} for ICU, {@code b} for
 *     PostgreSQL itself
 * @param collate the C library's name of how it sorts
 * @param ctype the C library's name of what it takes for a letter
 * @param name the other providers' name of both
 * @param rules what ICU sorts otherwise
 * @param monetary the C library's name of how amounts of money are written
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

    /** @throws dev.interlock.evidence.MalformedException if it is not what {@link #json} writes */
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
