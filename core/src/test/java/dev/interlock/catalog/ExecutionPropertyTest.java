package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.HttpCall;
import dev.interlock.testing.CaseCount;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests random requests of each form: the upstream executes what was decided on. */
@Tag("random")
class ExecutionPropertyTest {

    private static final int CASES = CaseCount.of(150);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 20_261_120, 7_411, 99})
    void theExecutedOperationsAreTheDecidedOnes(long seed) throws Exception {
        GraphqlCall.Writer writer = new GraphqlCall.Writer(
                RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
        int executed = 0;
        for (int i = 0; i < CASES; i++) {
            GraphqlCall asked = writer.request();
            List<List<?>> decisions = new ArrayList<>();
            for (HttpCall form : asked.forms()) {
                if (GraphqlExecutor.CATALOG.read(form) instanceof CallReading.CallMeaning understood) {
                    decisions.add(understood.actions());
                    try {
                        executed += GraphqlExecutor.check(understood) ? 1 : 0;
                    } catch (IllegalStateException e) {
                        throw new AssertionError("seed " + seed + ": " + asked, e);
                    }
                }
            }
            assertThat(decisions.stream().distinct())
                    .as("seed %d: each form of %s means the same", seed, asked)
                    .hasSizeLessThan(2);
        }
        if (!CaseCount.includeRare()) {
            return;
        }
        assertThat(executed)
                .as("seed %d makes many requests that are executed", seed)
                .isGreaterThan(CASES / 3);
    }
}
