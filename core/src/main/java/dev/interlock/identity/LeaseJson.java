package dev.interlock.identity;

import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;

/** Converts leases and requests for them to canonical JSON. */
public final class LeaseJson {

    private static final int WHOLE_SECONDS = "2026-11-28T12:00:00Z".length();

    private LeaseJson() {}

    /** Returns all of {@code lease}, without its token. */
    public static Json.Members write(Lease lease) {
        return Json.object()
                .with("id", lease.id())
                .with("root", lease.root())
                .with("agent", lease.agent())
                .with("person", lease.person())
                .with("task", lease.task())
                .withTexts("environments", lease.environments())
                .withTexts("impacts", lease.impacts().stream().map(Impact::word))
                .withTexts("resources", lease.resources().stream().map(Resource::toString))
                .with("issued", lease.issued().toString())
                .with("expires", lease.expires().toString())
                .withOptional("template", lease.template())
                .withOptional("place", lease.place());
    }

    static Lease readLease(Json.Members fields) {
        return new Lease(
                fields.text("id"),
                fields.text("root"),
                fields.text("agent"),
                fields.text("person"),
                LeaseSigners.NOBODY,
                fields.text("task"),
                fields.optionalText("template"),
                set(fields, "environments", Function.identity()),
                set(fields, "impacts", Impact::of),
                set(fields, "resources", Resource::parse),
                fields.optionalText("place"),
                instant(fields.text("issued")),
                instant(fields.text("expires")));
    }

    /** Reads a time. Those of leases are whole seconds: for the many of a start, the general parser takes too long. */
    private static Instant instant(String text) {
        if (text.length() != WHOLE_SECONDS) {
            return Instant.parse(text);
        }
        return LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10))
                .atTime(number(text, 11, 13), number(text, 14, 16), number(text, 17, 19))
                .toInstant(ZoneOffset.UTC);
    }

    private static int number(String text, int from, int to) {
        return Integer.parseUnsignedInt(text, from, to, 10);
    }

    public static Json.Members write(LeaseRequest request) {
        return Json.object()
                .with("agent", request.agent())
                .with("task", request.task())
                .withTexts("environments", request.environments())
                .withTexts("impacts", request.impacts().stream().map(Impact::word))
                .withTexts("resources", request.resources().stream().map(Resource::toString))
                .with("ttl_seconds", request.ttl().toSeconds())
                .withOptional("template", request.template())
                .withOptional("place", request.place());
    }

    static LeaseRequest readRequest(Json.Members fields) {
        return new LeaseRequest(
                fields.text("agent"),
                fields.text("task"),
                fields.optionalText("template"),
                set(fields, "environments", Function.identity()),
                set(fields, "impacts", Impact::of),
                set(fields, "resources", Resource::parse),
                fields.optionalText("place"),
                Duration.ofSeconds(fields.whole("ttl_seconds")));
    }

    private static <T> Set<T> set(Json.Members fields, String name, Function<String, T> reader) {
        Set<T> values = new LinkedHashSet<>();
        for (Json item : fields.items(name)) {
            if (!(item instanceof Json.Text text)) {
                throw new MalformedException("`" + name + "` holds something that is not a string");
            }
            values.add(reader.apply(text.value()));
        }
        return values;
    }
}
