package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How much of a host one lease may have. */
@Timeout(60)
final class FlightsTest {

    private static final HttpCall READ = House.document("query { environment(id: \"env-1\") { id } }");

    private House house;

    @BeforeEach
    void open(@TempDir Path directory) throws Exception {
        house = new House(directory);
    }

    @AfterEach
    void close() throws Exception {
        house.close();
    }

    private Outcome<String> ping(String host) {
        HttpCall call = new HttpCall("GET", host, "/-/ping", List.of(), List.of(), Bytes.empty());
        return house.send("npm", call, house.token);
    }

    /** The seal may call one host by several names, for its paths or credentials; it takes no more calls for that. */
    @Test
    void theNamesOfAHostHaveNoPlacesOfTheirOwn() {
        for (int i = 0; i < Flights.MOST; i++) {
            assertThat(house.send(READ)).isInstanceOf(Outcome.Forwarded.class);
        }
        Outcome.Refused<String> refused = (Outcome.Refused<String>) ping(READ.authority());
        assertThat(refused.refusal().reason()).contains("64 calls under way");
        assertThat(ping("registry.npmjs.org")).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void noneOfSeveralThatRaceByTwoNamesForTheLastPlaceGetsOneMore() {
        for (int i = 1; i < Flights.MOST; i++) {
            house.send(READ);
        }
        List<Outcome<String>> other = new ArrayList<>();
        house.onIntent = () -> { // it has looked, and found room
            house.onIntent = () -> {};
            other.add(ping(READ.authority()));
        };
        Outcome.Refused<String> refused = (Outcome.Refused<String>) house.send(READ);
        assertThat(refused.refusal().kind()).isEqualTo(Refusal.Kind.UNAVAILABLE);
        assertThat(other.getFirst()).isInstanceOf(Outcome.Forwarded.class);
    }
}
