package dev.interlock.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signatures in the header {@code Authorization} of requests to S3 (AWS Signature Version 4). */
record AwsSignature(String keyId, Secret key, String region) {

    private static final String ALGORITHM = "AWS4-HMAC-SHA256";
    private static final String DATE = "x-amz-date";
    static final String CONTENT = "x-amz-content-sha256";
    private static final Pattern ID = Pattern.compile("(?m)^\\s*aws_access_key_id\\s*=\\s*(\\w{1,128})\\s*$");
    private static final Pattern KEY = Pattern.compile("(?m)^\\s*aws_secret_access_key\\s*=\\s*(\\S{1,256})\\s*$");

    /** Takes the key from a file in the form of {@code ~/.aws/credentials} with one profile. */
    static AwsSignature of(Secret file, String region) {
        return file.use(text -> new AwsSignature(only(ID, text), new Secret(only(KEY, text)), region));
    }

    private static String only(Pattern line, String text) {
        Matcher found = line.matcher(text);
        String value = found.find() ? found.group(1) : "";
        if (value.isEmpty() || found.find()) {
            throw new IllegalArgumentException(
                    "the `credentials-file` must have one line `aws_access_key_id = …` and one `aws_secret_access_key = …`");
        }
        return value;
    }

    /**
     * Signs all of {@code headers}: their names are lower-case, and time, host and the content's hash are among them.
     */
    String authorization(String method, String path, SortedMap<String, String> headers) {
        String time = Objects.requireNonNull(headers.get(DATE));
        String day = time.substring(0, time.indexOf('T'));
        String scope = day + "/" + region + "/s3/aws4_request";
        String names = String.join(";", headers.keySet());
        String fields = headers.entrySet().stream()
                .map(field -> field.getKey() + ":" + field.getValue() + "\n")
                .collect(Collectors.joining());
        String request = String.join("\n", method, path, "", fields, names, headers.get(CONTENT));
        String signed =
                String.join("\n", ALGORITHM, time, scope, hex(Bytes.newSha256().digest(request.getBytes(UTF_8))));
        byte[] forDay = key.use(value -> hmac(("AWS4" + value).getBytes(UTF_8), day));
        byte[] forS3 = hmac(hmac(hmac(forDay, region), "s3"), "aws4_request");
        return ALGORITHM + " Credential=" + keyId + "/" + scope + ",SignedHeaders=" + names + ",Signature="
                + hex(hmac(forS3, signed));
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, mac.getAlgorithm()));
            return mac.doFinal(text.getBytes(UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the Java runtime lacks HMAC", e);
        }
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
