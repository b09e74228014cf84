package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StorageHostTest {

    private static boolean isGithubs(String location) {
        return Catalogs.builtIn().find("github").orElseThrow().isStorage(URI.create(location));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://productionresultssa7.blob.core.windows.net/actions-results/x/log.txt?sv=2025&sig=x",
                "https://PRODUCTIONRESULTSSA149.blob.core.windows.net/x",
                "https://pipelinesghubeus13.actions.githubusercontent.com/x",
                "https://codeload.github.com/acme/shop/legacy.tar.gz/main?token=x"
            })
    void githubsLogsAndArchivesAreInItsStorage(String location) {
        assertThat(isGithubs(location)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://codeload.github.com/x",
                "https://codeload.github.com:8443/x",
                "https://user@codeload.github.com/x",
                "https://codeload.github.com.evil.example/x",
                "https://evil-codeload.github.com/x",
                "https://evil.blob.core.windows.net/x",
                "https://productionresultssa.blob.core.windows.net/x",
                "https://productionresultssa7.evil.blob.core.windows.net/x",
                "https://productionresultssa7.blob.core.windows.net.evil.example/x",
                "https://productionresultssa7xblob.core.windows.net/x",
                "//codeload.github.com/x",
                "codeload.github.com/x",
                "https:codeload.github.com/x",
                ""
            })
    void otherPlacesAreNot(String location) {
        assertThat(isGithubs(location)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"*", "*.net", "*.*.example.com", "a.*.example.com", "Example.com.x", "https://a.b.c", "a.b", ""})
    void aHostNameHasAFixedEnd(String text) {
        assertThatThrownBy(() -> StorageHost.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
