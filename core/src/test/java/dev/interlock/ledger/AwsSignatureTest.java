package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Secret;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The examples of the S3 API's reference, "Signature Calculations for the Authorization Header". */
class AwsSignatureTest {

    private static final String FILE = """
            [default]
            aws_access_key_id = AKIAIOSFODNN7EXAMPLE
            aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
            """;

    private static final String EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private static String signed(String method, String path, Map<String, String> headers) {
        Map<String, String> all = new TreeMap<>(headers);
        all.put("host", "examplebucket.s3.amazonaws.com");
        all.put("x-amz-date", "20130524T000000Z");
        return AwsSignature.of(new Secret(FILE), "us-east-1").authorization(method, path, new TreeMap<>(all));
    }

    @Test
    void theReferencesExamplesHaveItsSignatures() {
        assertThat(signed("GET", "/test.txt", Map.of("range", "bytes=0-9", "x-amz-content-sha256", EMPTY)))
                .isEqualTo(
                        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
        assertThat(signed(
                        "PUT",
                        "/test%24file.text",
                        Map.of(
                                "date",
                                "Fri, 24 May 2013 00:00:00 GMT",
                                "x-amz-storage-class",
                                "REDUCED_REDUNDANCY",
                                "x-amz-content-sha256",
                                "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")))
                .endsWith("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    }

    @Test
    void aFileWithoutOneKeyIsNamedAndNotQuoted() {
        for (String file : new String[] {"hunter2", FILE + FILE, FILE.replace("secret", "")}) {
            assertThatThrownBy(() -> AwsSignature.of(new Secret(file), "us-east-1"))
                    .hasMessageContaining("`credentials-file` must have one line")
                    .message()
                    .doesNotContain("hunter2", "wJalr");
        }
    }
}
