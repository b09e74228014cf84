package dev.interlock.backup.place;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.BoundedInputStream;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;

/** Reads the responses of an S3 server, and describes failures in our own words. */
record S3Responses(URI endpoint) {

    /** Maximum size of a response: a thousand names of a thousand characters, URL-encoded, or so. */
    private static final int LONGEST = 4 << 20;

    /** Runs a request. A server's message about a signature is dropped, because it could quote the signed text. */
    <T> T asked(Supplier<T> request) {
        try {
            return request.get();
        } catch (AwsServiceException e) {
            String code =
                    e.awsErrorDetails() == null ? "" : " " + e.awsErrorDetails().errorCode();
            throw unanswered("answered " + e.statusCode() + code);
        } catch (SdkException e) {
            throw unanswered("does not answer: " + e.getMessage());
        }
    }

    UncheckedIOException unanswered(String what) {
        return new UncheckedIOException(new BackupException("the storage `" + endpoint + "` " + what));
    }

    /** Limits every response that is read whole. Only the content of objects is exempt. */
    static final class S3ResponseParser implements ExecutionInterceptor {
        @Override
        public Optional<InputStream> modifyHttpResponseContent(
                Context.ModifyHttpResponse context, ExecutionAttributes attributes) {
            boolean isObject = context.request() instanceof GetObjectRequest
                    && context.httpResponse().isSuccessful();
            return isObject
                    ? context.responseBody()
                    : context.responseBody()
                            .map(body -> new BoundedInputStream(body, LONGEST, "its response does not end"));
        }
    }
}
