package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretTextsTest {

    private static final String SECRET = "wJalr/XUt+nFE=";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "%s",
                "  %s \n",
                "%s\na second line\n",
                "db.example.com:5432:*:shop:%s\n",
                "# all\n*:*:*:*:%s",
                "[default]\naws_access_key_id = AK\naws_secret_access_key = %s\n",
                "pass=%s",
                "password: %s\n",
                "password: \"%s\"",
                "pass='%s'",
                "machine example.com login shop password %s\n",
                "{\"user\": \"shop\", \"password\": \"%s\"}",
                "{\"password\":\"%s\",\"user\":\"shop\"}",
                "uri = postgres://shop:%s@db.example.com/shop",
                "Authorization: Bearer %s"
            })
    void aSecretIsFoundWhereverItStands(String form) {
        assertThat(SecretTexts.anywhere(form.formatted(SECRET))).contains(SECRET);
    }
}
