package dev.interlock.inventory;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.interlock.action.Bytes;
import dev.interlock.testing.TestingClock;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/** Fuzzes providers' answers: each is read, or throws {@link UnresolvedException}. */
final class RailwayReaderFuzzTest {

    @FuzzTest
    void anyAnswerIsReadOrUnresolved(FuzzedDataProvider data) {
        byte[] answer = data.consumeRemainingAsBytes();
        TestingClock clock = new TestingClock();
        var upstream = TestingSeal.bound(URI.create("https://railway.example"))
                .seal()
                .upstreams()
                .get("railway");
        RailwayReader reader = new RailwayReader(
                upstream,
                new SurveyQueries(
                        (_, _) -> Bytes.of(answer),
                        new QueryBudget(clock.utc(), QueryBudget.PER_UPSTREAM),
                        Optional.empty(),
                        "railway",
                        "L-1",
                        clock.utc(),
                        SurveyQueries.MAX_TIME,
                        () -> {}));
        attempt(reader::projects);
        attempt(() -> reader.project("p"));
        attempt(() -> reader.mounted(List.of("m")));
        attempt(() -> reader.deployment("d"));
    }

    private interface Reading {
        Object read() throws UnresolvedException;
    }

    private static void attempt(Reading reading) {
        try {
            reading.read();
        } catch (UnresolvedException e) {
            // The only exception allowed out.
        }
    }
}
