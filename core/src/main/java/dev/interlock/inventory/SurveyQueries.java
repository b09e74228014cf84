package dev.interlock.inventory;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.FairSemaphore;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Seal;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Sends the queries of one survey. They are limited by the budget and one deadline. For attempts, the survey takes one
 * of a limited number of slots from the first query to the end. Used by one thread.
 */
final class SurveyQueries implements AutoCloseable {

    /** Maximum time for an attempt's survey, because an agent waits for the answer. */
    static final Duration MAX_TIME = Duration.ofSeconds(10);

    /** Maximum time for a background survey, for which nobody waits. */
    static final Duration MAX_BACKGROUND_TIME = Duration.ofMinutes(1);

    /** Maximum bytes of an answer, far above a page of a hundred objects. */
    static final int MAX_ANSWER = 4 << 20;

    private final ResolverQuery asker;
    private final QueryBudget budget;
    private final Optional<FairSemaphore> room;
    private final String upstream;
    private final String agent;
    private final Runnable begun;
    private final Clock clock;
    private final Duration time;
    private Optional<Instant> deadline = Optional.empty();
    private boolean isIn;

    /** @param room the slots of which each survey takes one, if their number is limited */
    SurveyQueries(
            ResolverQuery asker,
            QueryBudget budget,
            Optional<FairSemaphore> room,
            String upstream,
            String agent,
            Clock clock,
            Duration time,
            Runnable begun) {
        this.asker = asker;
        this.budget = budget;
        this.room = room;
        this.upstream = upstream;
        this.agent = agent;
        this.begun = begun;
        this.clock = clock;
        this.time = time;
    }

    Bytes ask(Seal.Upstream of, Call query) throws UnresolvedException {
        enter();
        // The deadline counts from the first query: the wait for a slot is not the provider's fault.
        if (deadline.isEmpty()) {
            begun.run();
        }
        Instant until = deadline.orElseGet(() -> clock.instant().plus(time));
        deadline = Optional.of(until);
        if (!budget.take(upstream, agent)) {
            throw new UnresolvedException("the provider has been asked too often in the last minute");
        }
        if (clock.instant().isAfter(until)) {
            throw new UnresolvedException("the provider did not answer everything in time");
        }
        Bytes answer = answer(of, query);
        if (answer.length() > MAX_ANSWER) {
            throw new UnresolvedException("the provider's answer is too long");
        }
        return answer;
    }

    /** Takes a slot, if their number is limited and this survey has none yet. */
    void enter() throws UnresolvedException {
        if (isIn || room.isEmpty()) {
            return;
        }
        isIn = room.get().acquire(agent, MAX_TIME);
        if (!isIn) {
            throw new UnresolvedException("too many attempts query the provider at once");
        }
    }

    /** Returns a query of GraphQL: a constant text. Nothing from an agent is in it but {@code variables}. */
    static HttpCall graphql(
            Seal.Upstream upstream, String path, List<Header> more, String query, Map<String, ?> variables) {
        List<Header> headers = new ArrayList<>(
                List.of(new Header("content-type", "application/json"), new Header("accept", "application/json")));
        headers.addAll(more);
        ObjectNode body = ProviderAnswer.STRICT.createObjectNode().put("query", query);
        body.set("variables", ProviderAnswer.STRICT.valueToTree(variables));
        return new HttpCall("POST", authority(upstream), path, List.of(), headers, Bytes.utf8(body.toString()));
    }

    /** Returns the value of {@code Host}. */
    static String authority(Seal.Upstream upstream) {
        String host = String.valueOf(upstream.address().getHost());
        int port = upstream.address().getPort();
        return port < 0 ? host : host + ":" + port;
    }

    @Override
    public void close() {
        if (isIn) {
            room.orElseThrow().release(agent);
            isIn = false;
        }
    }

    private Bytes answer(Seal.Upstream of, Call query) throws UnresolvedException {
        try {
            return asker.ask(of, query);
        } catch (IOException | RuntimeException e) {
            // The cause is dropped, because it may hold the provider's text.
            throw new UnresolvedException("the provider could not be queried");
        }
    }
}
