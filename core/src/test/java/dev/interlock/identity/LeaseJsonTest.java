package dev.interlock.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a lease is read as it was written, with its times. */
final class LeaseJsonTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1970-01-01T00:00:00Z",
                "2024-02-29T23:59:59Z",
                "2026-11-28T09:08:07Z",
                "2026-11-28T09:08:07.123456789Z"
            })
    void readsWhatWasWritten(String time) {
        Lease lease = new Lease(
                "L-2",
                "L-1",
                "jer/cursor",
                "jer",
                LeaseSigners.NOBODY,
                "work",
                Optional.of("night"),
                Set.of("staging"),
                Set.of(Impact.values()),
                Set.of(),
                Optional.empty(),
                Instant.parse(time),
                Instant.parse(time).plusSeconds(60));

        assertThat(LeaseJson.readLease(LeaseJson.write(lease))).isEqualTo(lease);
    }
}
