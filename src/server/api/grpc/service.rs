//! `cerbos.svc.v1.CerbosService` and `authzen.authorization.v1.AuthorizationService`.

use tonic::{Request, Response, Status, metadata::MetadataValue};

use crate::cerbos_api::proto::{
    authzen::authorization::v1::{
        AccessEvaluationBatchRequest, AccessEvaluationBatchResponse, AccessEvaluationRequest,
        AccessEvaluationResponse, MetadataRequest, MetadataResponse,
        authorization_service_server::AuthorizationService,
    },
    cerbos::{
        request::v1::{
            CheckResourceBatchRequest, CheckResourceSetRequest, CheckResourcesRequest,
            PlanResourcesRequest, ServerInfoRequest,
        },
        response::v1::{
            CheckResourceBatchResponse, CheckResourceSetResponse, CheckResourcesResponse,
            PlanResourcesResponse, ServerInfoResponse,
        },
        svc::v1::cerbos_service_server::CerbosService,
    },
};
use crate::pdp::{Fault, VERSION};
use crate::server::api::{
    door::{Door, Method, stamp},
    origin::Origin,
    status::to_grpc,
};

#[derive(Clone, Debug)]
pub(super) struct Service(pub(super) Door);

// === impl Service ===

impl Service {
    async fn answer<A>(
        &self,
        method: Method,
        answer: impl Future<Output = Result<A, Fault>>,
    ) -> Result<Response<A>, Status> {
        let answered = self.0.answer(method, answer).await;
        let mut response = Response::new(answered.map_err(|fault| to_grpc(&fault))?);
        response.metadata_mut().insert("cerbos-version", MetadataValue::from_static(VERSION));
        Ok(response)
    }
}

#[tonic::async_trait]
impl CerbosService for Service {
    async fn check_resources(
        &self,
        request: Request<CheckResourcesRequest>,
    ) -> Result<Response<CheckResourcesResponse>, Status> {
        let answer = self.0.pdp.check_resources(request.into_inner(), stamp());
        self.answer(Method::CheckResources, answer).await
    }

    async fn plan_resources(
        &self,
        request: Request<PlanResourcesRequest>,
    ) -> Result<Response<PlanResourcesResponse>, Status> {
        let answer = self.0.pdp.plan_resources(request.into_inner(), stamp());
        self.answer(Method::PlanResources, answer).await
    }

    async fn server_info(
        &self,
        request: Request<ServerInfoRequest>,
    ) -> Result<Response<ServerInfoResponse>, Status> {
        let answer = async { self.0.pdp.server_info(request.into_inner()) };
        self.answer(Method::ServerInfo, answer).await
    }

    async fn check_resource_set(
        &self,
        request: Request<CheckResourceSetRequest>,
    ) -> Result<Response<CheckResourceSetResponse>, Status> {
        let answer = self.0.pdp.check_resource_set(request.into_inner(), stamp());
        self.answer(Method::CheckResourceSet, answer).await
    }

    async fn check_resource_batch(
        &self,
        request: Request<CheckResourceBatchRequest>,
    ) -> Result<Response<CheckResourceBatchResponse>, Status> {
        let answer = self.0.pdp.check_resource_batch(request.into_inner(), stamp());
        self.answer(Method::CheckResourceBatch, answer).await
    }
}

#[tonic::async_trait]
impl AuthorizationService for Service {
    async fn metadata(
        &self,
        request: Request<MetadataRequest>,
    ) -> Result<Response<MetadataResponse>, Status> {
        let origin = request.extensions().get();
        let Origin(origin) = origin.cloned().unwrap_or_else(|| Origin(String::new()));
        let metadata = async { Ok(self.0.pdp.access_metadata(&origin)) };
        self.answer(Method::AccessMetadata, metadata).await
    }

    async fn access_evaluation(
        &self,
        request: Request<AccessEvaluationRequest>,
    ) -> Result<Response<AccessEvaluationResponse>, Status> {
        let answer = self.0.pdp.access_evaluation(request.into_inner(), stamp());
        self.answer(Method::AccessEvaluation, answer).await
    }

    async fn access_evaluation_batch(
        &self,
        request: Request<AccessEvaluationBatchRequest>,
    ) -> Result<Response<AccessEvaluationBatchResponse>, Status> {
        let answer = self.0.pdp.access_evaluation_batch(request.into_inner(), stamp());
        self.answer(Method::AccessEvaluationBatch, answer).await
    }
}
