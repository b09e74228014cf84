package dev.interlock.policy;

import com.cedarpolicy.AuthorizationEngine;
import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.AuthorizationRequest;
import com.cedarpolicy.model.AuthorizationResponse;
import com.cedarpolicy.model.entity.Entity;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.policy.PolicySet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** Cedar, with a count of its calls. */
final class CountingEngine extends RestrictedEngine {

    final AtomicInteger calls = new AtomicInteger();
    private final AuthorizationEngine cedar = new BasicAuthorizationEngine();

    @Override
    public AuthorizationResponse isAuthorized(AuthorizationRequest request, PolicySet set, Set<Entity> entities)
            throws AuthException {
        calls.incrementAndGet();
        return cedar.isAuthorized(request, set, entities);
    }
}
