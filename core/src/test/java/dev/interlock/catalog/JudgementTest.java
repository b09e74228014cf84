package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests what the built-in catalogs say of operations, by rules that hold for every provider. */
class JudgementTest {

    private static final Catalogs CATALOGS = Catalogs.builtIn();

    static Set<String> catalogs() {
        return CATALOGS.names();
    }

    /** A write is something that can be changed back; agents may write without asking. */
    @ParameterizedTest
    @MethodSource("catalogs")
    void noWriteIsIrreversible(String name) {
        assertThat(CATALOGS.find(name).orElseThrow().operations())
                .isNotEmpty()
                .noneMatch(operation -> operation.impacts().equals(Set.of(Impact.WRITE))
                        && operation.reversibility() == Reversibility.IRREVERSIBLE);
    }
}
