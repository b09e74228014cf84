package dev.interlock.identity;

import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;

/** Converts leases and requests for them to canonical JSON. */
public final class LeaseJson {

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
                Instant.parse(fields.text("issued")),
                Instant.parse(fields.text("expires")));
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
