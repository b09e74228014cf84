package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Refusal;
import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Asks for elevations on behalf of a front, in the name of the lease's holder. */
@FunctionalInterface
public interface ElevationRequests {

    /** Asks for an elevation, or reports the state of one. Never throws for anything that an agent can cause. */
    Result elevate(Request request);

    /**
     * A request about elevations; {@code waits} is told that the agent waits, and given code to run once it is gone.
     */
    record Request(
            List<Attempt.PresentedCredential> presented,
            Optional<String> place,
            Subject subject,
            Instant at,
            Duration waitLimit,
            Function<Runnable, Upstream.WaitState> waits) {
        public Request {
            presented = List.copyOf(presented);
        }
    }

    sealed interface Subject {

        record NewElevation(Bytes request) implements Subject {}

        /** A question about the elevation that was asked for by {@code hold}. */
        record ElevationQuery(String hold) implements Subject {}
    }

    sealed interface Result {

        /** Returns the identifier of the receipt, which is empty if none was written. */
        String receipt();

        /** The state of an elevation; if it is not granted, people have not decided. */
        record ElevationReport(String receipt, String hold, boolean isGranted, Json.Members members)
                implements Result {}

        record RefusedElevation(String receipt, Refusal refusal) implements Result {}
    }
}
