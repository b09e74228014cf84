package dev.interlock.backup.place;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;

/** How storage that speaks S3 is reached: as whom, and how long anything may take. */
final class S3Access {

    private static final Duration CONNECTING = Duration.ofSeconds(15);
    private static final Duration ANSWERING = Duration.ofSeconds(90);

    /** Nothing else ends a server that takes what it is sent and does not read it. */
    private static final Duration PASSING = Duration.ofHours(1);

    /** What ends a connection may itself have to wait for it; the limits of others are kept all the same. */
    private static final int LIMITERS = 4;

    /** For all: a client would have a pool of its own, which nobody ends, and one is made for each look. */
    private static final ScheduledExecutorService LIMITS = limits();

    private static final String ID = "aws_access_key_id";
    private static final String SECRET = "aws_secret_access_key";
    private static final String TOKEN = "aws_session_token";
    private static final Set<String> KEPT = Set.of(ID, SECRET);

    private S3Access() {}

    /**
     * To {@code target}, as its plan says.
     *
     * @throws BackupException if there are no credentials for it
     */
    static S3Client to(Target.S3 target) throws IOException {
        AwsBasicCredentials credentials = credentials(target.credentials());
        return S3Client.builder()
                .endpointOverride(target.endpoint())
                .region(Region.of(target.region()))
                .credentialsProvider(StaticCredentialsProvider.create(credentials))
                // Nothing but what the plan says: no profile, no other endpoint, no region of this machine.
                .overrideConfiguration(config -> config.defaultProfileFileSupplier(
                                () -> ProfileFile.aggregator().build())
                        .addExecutionInterceptor(new S3Answers.Ending())
                        .apiCallAttemptTimeout(PASSING)
                        .scheduledExecutorService(LIMITS))
                .serviceConfiguration(S3Configuration.builder()
                        .pathStyleAccessEnabled(target.pathStyle())
                        .chunkedEncodingEnabled(false)
                        .build())
                // Each request carries Content-MD5, which every server of this kind checks.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECTING)
                        .socketTimeout(ANSWERING))
                .build();
    }

    private static ScheduledExecutorService limits() {
        ScheduledThreadPoolExecutor limits = new ScheduledThreadPoolExecutor(
                LIMITERS, Thread.ofPlatform().daemon().name("limits of storage").factory());
        limits.setRemoveOnCancelPolicy(true); // or that of each request stays until its time is over
        return limits;
    }

    private static byte[] secret(Path file) throws IOException {
        try {
            return PrivateFiles.readSecret(file);
        } catch (NoSuchFileException e) {
            throw new BackupException("there is no file with credentials `" + file + "`", e);
        } catch (AccessDeniedException e) {
            throw new BackupException("this user may not read the credentials `" + file + "`", e);
        }
    }

    private static AwsBasicCredentials credentials(Path file) throws IOException {
        byte[] bytes = secret(file);
        try {
            Map<String, String> values = new HashMap<>();
            for (String line : new String(bytes, StandardCharsets.UTF_8).lines().toList()) {
                int equals = line.indexOf('=');
                String name = line.substring(0, Math.max(0, equals)).strip();
                // Of several profiles nobody says which one is meant.
                if (equals > 0 && values.put(name, line.substring(equals + 1).strip()) != null && KEPT.contains(name)) {
                    throw new BackupException("`" + file + "` says `" + name + "` twice: each target has a file of its"
                            + " own, with one profile");
                }
            }
            if (!values.getOrDefault(TOKEN, "").isEmpty()) {
                throw new BackupException("`" + file + "` holds `" + TOKEN + "`: credentials that end soon take no"
                        + " backups; give it those of a user of its own");
            }
            String id = values.getOrDefault(ID, "");
            String secret = values.getOrDefault(SECRET, "");
            if (id.isEmpty() || secret.isEmpty()) {
                throw new BackupException(
                        "`" + file + "` does not hold `aws_access_key_id = …` and `aws_secret_access_key = …`");
            }
            return AwsBasicCredentials.create(id, secret);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }
}
