package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InstallScriptsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"scripts\": {\"postinstall\": \"node a.js\"}}",
                "{\"scripts\": {\"post\\u0069nstall\": \"node a.js\"}}",
                "\ufeff {\"scripts\": {\"prepare\": \"husky\"}}",
                "{\"scripts\": {\"test\": \"a\"}, \"scripts\": {\"install\": \"b\"}}",
                "{\"scripts\": {\"post-autoload-dump\": \"b\"}}",
            })
    void seesScriptsThatRunAtInstallation(String manifest) {
        assertThat(InstallScripts.areIn(manifest)).isTrue();
        assertThat(InstallScripts.areIn(
                        Base64.getMimeEncoder().encodeToString(manifest.getBytes(StandardCharsets.UTF_8))))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{\"scripts\": {\"test\": \"jest\", \"build\": \"tsc\"}, \"dependencies\": {\"install\": \"1\"}}",
                "Run `postinstall` of {\"scripts\"}",
                "{ not json }",
            })
    void passesOrdinaryFiles(String content) {
        assertThat(InstallScripts.areIn(content)).isFalse();
    }

    @Test
    void tellsAChangedScript() {
        assertThat(InstallScripts.in("{\"scripts\": {\"prepare\": \"husky\"}}"))
                .isNotEqualTo(InstallScripts.in("{\"scripts\": {\"prepare\": \"husky; node a.js\"}}"));
    }
}
