package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.action.Call;
import dev.interlock.action.UndoRules;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.gate.Credential;
import dev.interlock.gate.InFlightCall;
import dev.interlock.gate.NotSentException;
import dev.interlock.gate.ResponseRedactor;
import dev.interlock.gate.ResponseScanner;
import dev.interlock.gate.Upstream;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The session at the server, as the gate uses it: one batch at a time. Threading: the session's thread, but for
 * {@link #cut}.
 */
final class UpstreamSession implements Upstream<UpstreamSession.Sent> {

    /** A batch that was sent. */
    static final class Sent {
        private boolean hasEnded;
        private boolean isKnown;
        private String failed = "";
        private List<String> tags = List.of();
        private @Nullable Runnable then;
    }

    /** Sends what the gate has permitted. */
    @FunctionalInterface
    interface Sending {
        void send() throws IOException;
    }

    /** Sends the same as another role, with that credential. */
    @FunctionalInterface
    interface SendingAs {
        void send(String credential) throws IOException;
    }

    private final URI address;
    private final Set<String> credentials;
    private final ServerPump pump;
    private final Runnable closing;
    private Sending sending = () -> {};
    private Optional<SendingAs> apart = Optional.empty();
    private Optional<Measurement> measurement = Optional.empty();
    private Optional<Consequences> consequences = Optional.empty();
    private final List<Sent> sent = new ArrayList<>();
    private final List<InFlightCall> flights = new ArrayList<>();

    /**
     * Creates it.
     *
     * @param credentials those that the gate has opened for the session; it is logged in with the mightiest
     * @param closing closes both connections
     */
    UpstreamSession(URI address, Set<String> credentials, ServerPump pump, Runnable closing) {
        this.address = address;
        this.credentials = Set.copyOf(credentials);
        this.pump = pump;
        this.closing = closing;
    }

    /** Sets what is sent next, how that is done as another role if it can be, and how it can be measured before. */
    void next(Sending batch, Optional<SendingAs> otherwise, Optional<Measurement> measured) {
        sending = batch;
        apart = otherwise;
        measurement = measured;
        consequences = Optional.empty();
    }

    /** Returns what it would do, or has done, if that is measured. */
    Optional<Consequences> consequences() {
        return consequences;
    }

    /** Runs it at most once. */
    @Override
    public Measured measured(List<Action> actions, Optional<UndoRules> rules) {
        if (consequences.isEmpty() && measurement.isPresent()) {
            try {
                consequences = measurement.get().run(rules);
            } catch (IOException _) {
                closing.run(); // whatever was begun there ends with the session
            }
            measurement = measurement.filter(_ -> consequences.isPresent());
        }
        return new Measured(
                measurement
                        .flatMap(run -> consequences.map(counted -> run.told(counted, actions)))
                        .orElse(actions),
                measurement.flatMap(Measurement::state));
    }

    void closing(InFlightCall ofThis) {
        flights.add(ofThis);
    }

    /** Says that the server has answered all that was sent, or is gone. */
    void ended(boolean isKnown) {
        for (Sent each : sent) {
            settle(each, isKnown);
            if (each.then != null) {
                each.then.run();
            }
        }
        sent.clear();
        flights.forEach(InFlightCall::close);
        flights.clear();
    }

    private void settle(Sent answered, boolean isKnown) {
        answered.hasEnded = true;
        answered.isKnown = isKnown;
        answered.failed = pump.failed();
        answered.tags = pump.tags();
    }

    @Override
    public void redactAnswerBy(Optional<ResponseRedactor> redactor) {
        if (redactor.isPresent()) {
            throw new IllegalStateException("no answer in SQL is redacted");
        }
    }

    @Override
    public void scanAnswerBy(ResponseScanner scanner) {
        pump.scanBy(scanner);
    }

    @Override
    public void markReadOnly() {}

    @Override
    public Sent forward(Call outgoing, Credential opened) throws IOException {
        String needed = opened.headerFor(address).map(slot -> slot.value()).orElse("");
        Optional<Measurement> done = measurement.filter(Measurement::isOpen);
        Optional<SendingAs> other = credentials.contains(needed) || done.isPresent() ? Optional.empty() : apart;
        if (other.isEmpty() && done.isEmpty() && !credentials.contains(needed)) {
            throw new NotSentException(
                    "the statement needs another role than the session has, and is tied to the session; send it alone, outside a transaction");
        }
        Sent now = new Sent();
        sent.add(now);
        if (done.isPresent()) {
            done.get().keep(); // it has run already, as the session's role, which was enough
            settle(now, pump.turn() == ServerPump.Turn.CLIENT); // a commit that fails leaves nothing to undo
        } else if (other.isPresent()) {
            other.get().send(needed);
        } else {
            sending.send();
        }
        return now;
    }

    @Override
    public void cut() {
        closing.run();
    }

    @Override
    public WaitState beginWaiting(Runnable gone) {
        return () -> {};
    }

    @Override
    public AnswerOutcome ending(Sent answer) {
        if (!answer.hasEnded || !answer.isKnown) {
            return new AnswerOutcome(Receipt.Result.UNKNOWN, Json.object(), Optional.empty());
        }
        Json.Members members =
                Json.object().withTexts("tags", answer.tags.stream().limit(100));
        return answer.failed.isEmpty()
                ? new AnswerOutcome(Receipt.Result.DONE, members, Optional.empty())
                : new AnswerOutcome(Receipt.Result.FAILED, members.with("sqlstate", answer.failed), Optional.empty());
    }

    @Override
    public void whenEnded(Sent answer, Runnable then) {
        if (answer.hasEnded) {
            then.run();
        } else {
            answer.then = then;
        }
    }
}
