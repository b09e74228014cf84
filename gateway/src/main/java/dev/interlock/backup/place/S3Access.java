package dev.interlock.backup.place;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
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

    private static AwsBasicCredentials credentials(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new BackupException("there is no file with credentials `" + file + "`");
        }
        byte[] bytes = PrivateFiles.readSecret(file);
        try {
            Map<String, String> values = new HashMap<>();
            for (String line : new String(bytes, StandardCharsets.UTF_8).lines().toList()) {
                int equals = line.indexOf('=');
                if (equals > 0) {
                    values.put(
                            line.substring(0, equals).strip(),
                            line.substring(equals + 1).strip());
                }
            }
            String id = values.getOrDefault("aws_access_key_id", "");
            String secret = values.getOrDefault("aws_secret_access_key", "");
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
