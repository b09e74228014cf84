package dev.interlock.gate;

import dev.interlock.action.Call;
import dev.interlock.action.Refusal;
import dev.interlock.action.TraceContext;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A provider that records the calls that reached it, and a connection that fails on demand. */
final class FakeUpstream implements Upstream<String> {

    /** The ways in which the connection fails. */
    enum Fault {
        NONE,
        NOT_SENT,
        ANSWERED_NOTHING_CERTAIN,
        DIED_AFTER_SENDING,
        BUG_AFTER_SENDING,
        ANSWERED_THAT_IT_FAILED
    }

    Fault fault = Fault.NONE;

    /** Runs elsewhere while the call is in flight. */
    Runnable meanwhile = () -> {};

    Optional<Json.Members> sent = Optional.empty();

    /** Whether answers go on until {@link #ends} run. */
    boolean streams;

    final List<Runnable> ends = new CopyOnWriteArrayList<>();

    @Override
    public void whenEnded(String answer, Runnable then) {
        if (streams) {
            ends.add(then);
        } else {
            then.run();
        }
    }

    /** The redaction of the last call's answer. */
    Optional<ResponseRedactor> veil = Optional.empty();

    final List<TraceContext> traces = new CopyOnWriteArrayList<>();

    /** The scanner of the last call's answer. */
    ResponseScanner lookout = (_, _) -> true;

    /** Simulates a bug in a front, before anything is sent. */
    Runnable beforehand = () -> {};

    /** Tells whether the last call was marked as read-only. */
    boolean looks;

    volatile boolean cut;
    final List<Call> arrived = new CopyOnWriteArrayList<>();
    final List<String> credentials = new CopyOnWriteArrayList<>();
    final List<List<Receipt>> recordsOnArrival = new CopyOnWriteArrayList<>();
    private final GateFixture house;

    FakeUpstream(GateFixture house) {
        this.house = house;
    }

    @Override
    public void redactAnswerBy(Optional<ResponseRedactor> through) {
        veil = through;
    }

    /** Each element disconnects a waiting client when it runs. */
    final BlockingQueue<Runnable> leavers = new LinkedBlockingQueue<>();

    /** What a waiting client is told. */
    final List<String> reports = new CopyOnWriteArrayList<>();

    final AtomicInteger waited = new AtomicInteger();

    @Override
    public WaitState beginWaiting(Runnable gone) {
        leavers.add(gone);
        return new WaitState() {
            @Override
            public void report(String hold, Refusal why, boolean isSigned, Duration left) {
                reports.add(hold + (isSigned ? " cools down" : ""));
            }

            @Override
            public void markSigned() {
                reports.add("signed");
            }

            @Override
            public void close() {
                waited.incrementAndGet();
            }
        };
    }

    @Override
    public void scanAnswerBy(ResponseScanner through) {
        beforehand.run();
        lookout = through;
    }

    /** The screen of the last call's answer, if it had one. */
    Optional<AnswerScreen> screen = Optional.empty();

    @Override
    public void screenAnswerBy(AnswerScreen by) {
        screen = Optional.of(by);
    }

    @Override
    public void markReadOnly() {
        looks = true;
    }

    @Override
    public void traceBy(TraceContext context) {
        traces.add(context);
    }

    @Override
    public String forward(Call outgoing, Credential credential) throws IOException {
        if (fault == Fault.NOT_SENT) {
            meanwhile.run();
            throw new NotSentException("connection refused");
        }
        if (cut) {
            throw new NotSentException("cut off before it left");
        }
        recordsOnArrival.add(house.receipts());
        arrived.add(outgoing);
        credential.headerFor(address(outgoing)).ifPresent(slot -> credentials.add(slot.value()));
        meanwhile.run();
        if (cut) {
            throw new IOException("cut off");
        }
        return switch (fault) {
            case NONE, NOT_SENT, ANSWERED_NOTHING_CERTAIN, ANSWERED_THAT_IT_FAILED -> "the answer";
            case DIED_AFTER_SENDING -> throw new IOException("connection reset");
            case BUG_AFTER_SENDING -> throw new IllegalStateException("a bug in a front");
        };
    }

    private static URI address(Call outgoing) {
        return URI.create("https://" + outgoing.authority());
    }

    @Override
    public void cut() {
        cut = true;
    }

    @Override
    public AnswerOutcome ending(String answer) {
        if (fault == Fault.ANSWERED_THAT_IT_FAILED) {
            return new AnswerOutcome(Receipt.Result.FAILED, Json.object().with("status", 404), Optional.empty());
        }
        return fault == Fault.ANSWERED_NOTHING_CERTAIN
                ? new AnswerOutcome(Receipt.Result.UNKNOWN, Json.object().with("status", 502), Optional.empty())
                : new AnswerOutcome(Receipt.Result.DONE, Json.object().with("status", 200), sent);
    }
}
