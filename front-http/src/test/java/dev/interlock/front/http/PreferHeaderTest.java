package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Header;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a mistyped request for a dry run never executes. */
final class PreferHeaderTest {

    private static boolean isDryRun(String... fields) throws UnreadableRequestException {
        List<Header> headers =
                Arrays.stream(fields).map(value -> new Header("prefer", value)).toList();
        return PreferHeader.isDryRun(new RequestHead("POST", "/up/x", headers));
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
    void theHandlingPreferenceIsRead(String field, boolean expected) throws UnreadableRequestException {
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
    void aMisspelledPreferenceIsRefused(String field) {
        assertThatThrownBy(() -> isDryRun(field)).isInstanceOf(UnreadableRequestException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "\"", "\\", "\"a", "\"\\a", "a\"b\""})
    void theLongestHeaderIsReadWithoutRecursion(String part) {
        String field = part.repeat(40_000);
        RequestHead head = new RequestHead("POST", "/up/x", List.of(new Header("prefer", field)));
        assertThat(PreferHeader.wait(head)).isEqualTo(Duration.ZERO);
        assertThat(PreferHeader.ofCall(head.headers())).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wait=10 | 10",
                "Wait = 10 | 10",
                "wait=\"10\" | 10",
                "return=minimal, wait=5; handling=x | 5",
                "respond-async, wait=300 | 300",
                "wait=301 | 300",
                "wait=99999999999999999999 | 300",
                "wait=0 | 0",
                "wait=7, wait=9 | 7",
                "wait | 0",
                "wait= | 0",
                "wait=-1 | 0",
                "wait=1.5 | 0",
                "wait=ten | 0",
                "waits=10 | 0",
                "foo=\", wait=10, \" | 0",
                "return=minimal | 0",
            })
    void aMalformedWaitMeansNoWait(String field, long seconds) {
        RequestHead head = new RequestHead("POST", "/up/x", List.of(new Header("prefer", field)));
        assertThat(PreferHeader.wait(head)).isEqualTo(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wait=10 | ",
                "handling=dry-run | ",
                "wait=-1 | ",
                "wait=1e3 | ",
                "Wait = \"ten\"; x=1 | ",
                "wait | ",
                "respond-async, wait=1 | ",
                "Respond-Async, return=minimal | return=minimal",
                "waits=10 | waits=10",
                "return=minimal, wait=10 | return=minimal",
                "wait=10, return=minimal, handling=strict | return=minimal, handling=strict",
                "return=minimal; foo=\"wait=10, x\" | return=minimal; foo=\"wait=10, x\"",
            })
    void gatewayPreferencesAreNotForwarded(String field, String rest) {
        Header other = new Header("accept", "text/plain");
        List<Header> kept = rest == null ? List.of(other) : List.of(new Header("prefer", rest), other);
        assertThat(PreferHeader.ofCall(List.of(new Header("prefer", field), other)))
                .isEqualTo(kept);
    }
}
