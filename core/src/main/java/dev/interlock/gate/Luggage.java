package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Lease;
import dev.interlock.action.TraceContext;
import dev.interlock.vault.Decoys;
import dev.interlock.vault.Keys;
import dev.interlock.vault.Traces;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a call carries beside what it presents, and of what is found there or in answers people were told: credentials
 * of the vault, and decoys, anywhere in its path, query, headers and body. Of a body that is passed on unread nothing
 * is known.
 *
 * <p>Threading: any thread may ask.
 */
public final class Luggage {

    /** Told already; more than this and it is told again. */
    static final int MOST_TOLD = 10_000;

    private final Keys keys;
    private final Decoys decoys;
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    public Luggage(Keys keys, Decoys decoys) {
        this.keys = keys;
        this.decoys = decoys;
    }

    /**
     * Looks through the call of {@code attempt}, and through what is passed on beside it.
     *
     * @throws IOException if it cannot be found out now what to look for
     */
    Traces.Found in(Attempt attempt) throws IOException {
        byte[] text = switch (attempt.call()) {
            case HttpCall http -> text(http, attempt.trace());
        };
        return in(text);
    }

    /** Looks through {@code text}, which an agent sent and which is no call. */
    Traces.Found in(byte[] text) throws IOException {
        return Traces.in(text, List.of(keys.traces(), decoys.traces()));
    }

    private static byte[] text(HttpCall call, Optional<TraceContext> trace) {
        ByteArrayOutputStream text = new ByteArrayOutputStream(call.body().length() + 512);
        add(text, call.path());
        // As they are sent: a secret with a `=` in it stands partly in the name.
        call.query().forEach(parameter -> add(text, parameter.name() + "=" + parameter.value()));
        call.headers().forEach(header -> add(text, header.name() + ": " + header.value()));
        call.withheld().forEach(header -> add(text, header.name() + ": " + header.value()));
        trace.stream().flatMap(context -> context.headers().stream()).forEach(field -> add(text, field.value()));
        text.writeBytes(call.body().toArray());
        return text.toByteArray();
    }

    private static void add(ByteArrayOutputStream text, String value) {
        text.writeBytes(value.getBytes(StandardCharsets.UTF_8));
        text.write('\n'); // nothing runs on into what follows
    }

    /** Those of {@code names} that people have not been told of under {@code lease}; they have, from now on. */
    Set<String> untold(Lease lease, Set<String> names) {
        if (told.size() > MOST_TOLD) {
            told.clear();
        }
        Set<String> untold = new TreeSet<>();
        names.stream().filter(name -> told.add(mark(lease) + name)).forEach(untold::add);
        return untold;
    }

    /** People have not been told anything of {@code lease} after all. */
    void forget(Lease lease) {
        told.removeIf(one -> one.startsWith(mark(lease)));
    }

    private static String mark(Lease lease) {
        return lease.root() + " ";
    }
}
