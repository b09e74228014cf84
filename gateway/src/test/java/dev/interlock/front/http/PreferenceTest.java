package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Header;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever asks what would happen must not make it happen by a slip. */
final class PreferenceTest {

    private static boolean isDryRun(String... fields) throws UnreadableException {
        List<Header> headers =
                Arrays.stream(fields).map(value -> new Header("prefer", value)).toList();
        return Preference.isDryRun(new RequestHead("POST", "/up/x", headers));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "handling=dry-run | true",
                "Handling=Dry-Run | true",
                "handling = \"dry-run\" | true",
                "return=minimal, handling=dry-run; wait=5 | true",
                "handling=strict | false",
                "handling=lenient | false",
                "return=minimal | false",
                "wait=10 | false",
            })
    void theHandlingIsRead(String field, boolean expected) throws UnreadableException {
        assertThat(isDryRun(field)).isEqualTo(expected);
        assertThat(isDryRun("return=minimal", field)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "handling=dryrun",
                "handling=dry_run",
                "handling",
                "handling=",
                "handling=dry-run, handling=strict",
                "handling=strict; handling=dry-run",
                "handling-dry-run"
            })
    void whatIsMisspelledIsRefused(String field) {
        assertThatThrownBy(() -> isDryRun(field)).isInstanceOf(UnreadableException.class);
    }
}
