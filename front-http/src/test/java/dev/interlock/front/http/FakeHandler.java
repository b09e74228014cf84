package dev.interlock.front.http;

import dev.interlock.action.Attempt;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Refusal;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.gate.Credential;
import dev.interlock.gate.DryRun;
import dev.interlock.gate.ElevationRequests;
import dev.interlock.gate.Handler;
import dev.interlock.gate.LeaseDeriver;
import dev.interlock.gate.NotSentException;
import dev.interlock.gate.Outcome;
import dev.interlock.gate.PlanRequests;
import dev.interlock.gate.ResponseScanner;
import dev.interlock.gate.UndoRequests;
import dev.interlock.gate.Upstream;
import dev.interlock.gate.Whoami;
import dev.interlock.gate.WhoamiRequests;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** A gate with a chosen behaviour, which records its calls. */
final class FakeHandler implements Handler, LeaseDeriver {

    static final String REAL = "real-credential-0123456789";
    static final Instant EXPIRES = Instant.parse("2026-11-20T09:00:00Z");

    enum FakeBehaviour {
        FORWARD,
        REFUSE,
        HOLD,
        /** Waits until the client is gone, and then holds the call. */
        WAIT,
        /** Waits until {@link #decided}, and then forwards the call. */
        WAIT_AND_FORWARD,
        ANSWER_REFUSAL,
        THROW
    }

    final List<Attempt> attempts = new CopyOnWriteArrayList<>();

    /** The threads of the attempts, each with its carrier behind an {@code @}. */
    final List<String> threads = new CopyOnWriteArrayList<>();

    final List<Upstream.AnswerOutcome> endings = new CopyOnWriteArrayList<>();
    final List<IOException> failures = new CopyOnWriteArrayList<>();
    final CountDownLatch arrived = new CountDownLatch(1);
    /** Counts down when a call waits for people. */
    final CountDownLatch waiting = new CountDownLatch(1);

    final CountDownLatch decided = new CountDownLatch(1);

    /** Counts down when the waiting client has disconnected. */
    final CountDownLatch gone = new CountDownLatch(1);

    final CountDownLatch landed = new CountDownLatch(1);

    /** Cuts off the latest call. */
    volatile Runnable cut = () -> {};

    /** The scanner of answers. */
    volatile ResponseScanner lookout = (_, _) -> true;

    /** Tells whether long bodies are received before calls are decided about. */
    volatile boolean receives;

    /** What people would sign for, of the calls that were received. */
    final List<Json.Members> requests = new CopyOnWriteArrayList<>();

    /** Tells whether forwarded calls are marked as read-only. */
    volatile boolean looks;

    /** The blast radius that a dry run returns. */
    volatile BlastRadius radius = new BlastRadius(Set.of(), Set.of(), List.of(), List.of(), List.of());

    volatile FakeBehaviour does = FakeBehaviour.FORWARD;
    volatile Refusal refusal = Refusal.unavailable("Something broke.", "Wait.");
    volatile Credential credential = _ -> Optional.of(new Header("authorization", "Bearer " + REAL));

    @Override
    public <R> Outcome<R> handle(Attempt attempt, Upstream<R> upstream) {
        attempts.add(attempt);
        threads.add(Thread.currentThread().toString());
        if (attempt.isDryRun()) {
            return new Outcome.DryRunOutcome<>(
                    "R-tried",
                    new DryRun(
                            DryRun.Prediction.HOLD,
                            "It would wait.",
                            "Ask.",
                            List.of(),
                            Optional.empty(),
                            Optional.of(radius)));
        }
        cut = upstream::cut;
        arrived.countDown();
        Optional<Refusal> unreceived = received(attempt);
        if (unreceived.isPresent()) {
            return new Outcome.Refused<>("R-refused", unreceived.get());
        }
        return switch (does) {
            case FORWARD -> forward(attempt, upstream);
            case REFUSE -> new Outcome.Refused<>("R-refused", Refusal.denied("No.", "Stop.", List.of("all of it")));
            case ANSWER_REFUSAL -> new Outcome.Refused<>("R-refused", refusal);
            case HOLD -> new Outcome.Held<>("R-held", lease(Optional.empty(), EXPIRES), "H-1", confirm(), EXPIRES);
            case WAIT -> {
                awaitUnder(upstream, gone, gone::countDown);
                yield new Outcome.Held<>("R-held", lease(Optional.empty(), EXPIRES), "H-1", confirm(), EXPIRES);
            }
            case WAIT_AND_FORWARD -> {
                awaitUnder(upstream, decided, gone::countDown);
                yield forward(attempt, upstream);
            }
            case THROW -> throw new IllegalStateException("a bug");
        };
    }

    private Optional<Refusal> received(Attempt attempt) {
        if (!receives) {
            return Optional.empty();
        }
        try {
            Optional<Refusal> why = attempt.call().receive();
            requests.add(attempt.call().canonical(SaltedDigests.OPEN));
            return why;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    final List<Bytes> derivations = new CopyOnWriteArrayList<>();

    @Override
    public Result derive(List<Attempt.PresentedCredential> presented, Optional<String> place, Bytes asked, Instant at) {
        derivations.add(asked);
        if (does == FakeBehaviour.REFUSE) {
            return new Result.RefusedDerivation("R-refused", Refusal.denied("No.", "Stop.", List.of()));
        }
        Lease child = lease(place, at);
        String carried = presented.getFirst().secret().use(token -> token);
        return new Result.DerivedLease("R-derived", child, new Secret("child-of-" + carried));
    }

    private void awaitUnder(Upstream<?> upstream, CountDownLatch end, Runnable left) {
        try (Upstream.WaitState client = upstream.beginWaiting(left)) {
            client.report("H-1", confirm(), false, Duration.ofSeconds(9));
            waiting.countDown();
            end.await();
            client.report("H-1", confirm(), true, Duration.ofSeconds(5));
            client.markSigned();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    final List<UndoRequests.Request> undone = new CopyOnWriteArrayList<>();

    UndoRequests.Result undo(UndoRequests.Request request) {
        undone.add(request);
        return does == FakeBehaviour.REFUSE
                ? new UndoRequests.Result.UndoRefused(
                        "R-undo", Refusal.denied("It was changed since.", "Look at it.", List.of()), Optional.empty())
                : new UndoRequests.Result.UndoReport("R-undo", Json.object().with("restored", true));
    }

    final List<PlanRequests.PlannedCall> planned = new CopyOnWriteArrayList<>();

    PlanRequests.Result plan(PlanRequests.Request request) {
        try {
            planned.addAll(request.steps().get());
        } catch (MalformedException e) {
            return new PlanRequests.Result.RefusedPlan(
                    "R-plan", Refusal.notUnderstood(String.valueOf(e.getMessage()), "Send a plan."), List.of());
        }
        return new PlanRequests.Result.PlanReport(true, Json.object().with("plan", "S-1"));
    }

    WhoamiRequests.Result whoami(List<Attempt.PresentedCredential> presented, Optional<String> place, Instant at) {
        threads.add(Thread.currentThread().toString());
        return does == FakeBehaviour.REFUSE
                ? new WhoamiRequests.Result.RefusedWhoami("R-whoami", Refusal.denied("No.", "Stop.", List.of()))
                : new WhoamiRequests.Result.WhoamiReport(new Whoami(
                        Seal.empty("0", "acme", 1, at, at),
                        lease(place, at),
                        List.of(),
                        Map.of(),
                        List.of(),
                        List.of()));
    }

    final List<ElevationRequests.Request> elevations = new CopyOnWriteArrayList<>();

    ElevationRequests.Result elevate(ElevationRequests.Request request) {
        elevations.add(request);
        if (does == FakeBehaviour.REFUSE) {
            return new ElevationRequests.Result.RefusedElevation(
                    "R-refused", Refusal.denied("No.", "Stop.", List.of()));
        }
        if (!request.waitLimit().isZero()) {
            request.waits().apply(gone::countDown).close();
        }
        Json.Members members =
                Json.object().with("state", "open").with("summary", "It asks.").with("next", "Wait.");
        return new ElevationRequests.Result.ElevationReport("R-asked", "H-7", does == FakeBehaviour.FORWARD, members);
    }

    private static Lease lease(Optional<String> place, Instant at) {
        return new Lease(
                "L-child",
                "L-root",
                "jer/cursor",
                "jer",
                LeaseSigners.NOBODY,
                "fix",
                Optional.empty(),
                Set.of("staging"),
                Set.of(Impact.READ),
                Set.of(),
                place,
                at,
                EXPIRES);
    }

    private <R> Outcome<R> forward(Attempt attempt, Upstream<R> upstream) {
        upstream.scanAnswerBy(lookout);
        if (looks) {
            upstream.markReadOnly();
        }
        try {
            R answer = upstream.forward(attempt.call(), credential);
            endings.add(upstream.ending(answer));
            return new Outcome.Forwarded<>("R-done", answer, landed::countDown);
        } catch (IOException e) {
            failures.add(e);
            String receipt = e instanceof NotSentException ? "R-not-sent" : "R-unknown";
            return new Outcome.Refused<>(receipt, Refusal.unavailable("It broke.", "Look."));
        }
    }

    private static Refusal confirm() {
        return new Refusal(
                Refusal.Kind.CONFIRMATION_REQUIRED,
                Refusal.Finality.APPROVABLE,
                "A person must confirm this.",
                "Wait.",
                List.of("this"),
                Optional.of("interlock elevate"));
    }

    HttpCall call(int index) {
        return (HttpCall) attempts.get(index).call();
    }
}
