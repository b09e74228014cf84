package dev.interlock.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SecretSourceTest {

    @TempDir
    Path directory;

    private String read(String content) throws IOException {
        Path file = Files.writeString(directory.resolve("token"), content);
        return new SecretSource.SecretFileSource(file).read(Map.of()).use(value -> value);
    }

    @Test
    void readsAFileWithAtMostOneLineEnd() throws IOException {
        assertThat(read("token")).isEqualTo("token");
        assertThat(read("token\n")).isEqualTo("token");
        assertThat(read("token\r\n")).isEqualTo("token");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "\n", "a\n\n", "a\nX-Evil: 1", "a\u0000", "a\u001f", "a\u007f", "caf\u00e9", " a", "a "})
    void refusesWhatWouldNotBeOneFieldValue(String content) {
        assertThatThrownBy(() -> read(content)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesMoreThanAHeaderCarries() throws IOException {
        String longest = "a b~" + "a".repeat(SecretSource.MAX_SECRET_BYTES - 4);
        assertThat(read(longest)).isEqualTo(longest);
        assertThatThrownBy(() -> read("a".repeat(SecretSource.MAX_SECRET_BYTES + 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void readsTheEnvironment() throws IOException {
        assertThat(SecretSource.parse("env:TOKEN").read(Map.of("TOKEN", "t0")).<String>use(value -> value))
                .isEqualTo("t0");
        assertThatThrownBy(() -> SecretSource.parse("env:GONE").read(Map.of())).hasMessageContaining("`GONE`");
    }

    @Test
    void isReadFromTheFileThatIsNamed() throws IOException {
        Path file = Files.writeString(directory.resolve("token"), "t0");
        assertThat(SecretSource.parse("file:" + file).read(Map.of()).<String>use(value -> value))
                .isEqualTo("t0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"file:", "env:", "", "token"})
    void whatNamesNoPlaceIsNoSource(String text) {
        assertThatThrownBy(() -> SecretSource.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void doesNotRepeatWhatItCannotRead() {
        assertThatThrownBy(() -> SecretSource.parse("rw_live_pasted_by_mistake"))
                .hasMessageNotContaining("rw_live");
    }
}
