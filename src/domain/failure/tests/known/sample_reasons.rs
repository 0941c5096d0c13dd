// Reasons of stacks: the text, the class, and words of the summary. Included by `known.rs`.

/// Texts of public reports and manuals; names, ids and accounts are replaced.
const REPORTED: [(&str, &str, &str); 23] = [
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'You can’t publicly share this image because block public access for AMIs is enabled for this account. To publicly share the image, you must call the DisableImageBlockPublicAccess API.' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region ap-south-1.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "ami-block-public-access",
        "distributing to ap-south-1 failed: can't publicly share this image",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'TimedOut' in state = 'BUILDING' and failure message = 'SSM Agent verification failed''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-ssm-agent",
        "SSM Agent verification failed while BUILDING",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'Document arn:aws:imagebuilder:us-east-1:123456789012:component/parallelclusterimage-6acc/3.16.1/1 failed!''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "component",
        "component parallelclusterimage-6acc failed while BUILDING",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'TimedOut' in state = 'BUILDING' and failure message = 'Step timed out while step is verifying the SSM Agent availability on the target instance(s). SSM Agent on Instances: [i-0123456789abcdef0] are not functioning. Please refer to Automation Service Troubleshooting Guide for more diagnosis details.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-ssm-agent",
        "SSM Agent",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'We currently do not have sufficient g5.xlarge capacity in the Availability Zone you requested (us-east-1e). Our system will be working on provisioning additional capacity.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-capacity",
        "no capacity for g5.xlarge in us-east-1e",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Can't start SSM Automation for arn arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1 during building. Rate exceeded'.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "throttled",
        "Rate exceeded",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'Step fails when it is verifying the command has completed. Command 22222222-2222-3333-4444-555555555555 returns unexpected invocation result: \n{Status=[Failed], ResponseCode=[1], Output=[\n----------ERROR-------\nNo package htpd available.\nfailed to run commands: exit status 1]}. Please refer to Automation Service Troubleshooting Guide for more diagnosis details.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-package",
        "No package htpd available",
    ),
    (
        "The following hook(s) failed: [AWS::ControlTower::Hook] : Hook failed with message: ValidationError\n        [CT.LAMBDA.PR.3]: Require a function to be in a VPC\n        [FIX]: Set 'VpcConfig' with one or more subnets.\n",
        "hook",
        "hook AWS::ControlTower::Hook: [CT.LAMBDA.PR.3]: Require a function to be in a VPC",
    ),
    (
        "The following hook(s) failed: [Private::Guard::S3SecurityGuardHook]",
        "hook",
        "hook Private::Guard::S3SecurityGuardHook failed",
    ),
    (
        "Resource handler returned message: \"The value supplied for parameter 'instanceProfileName' is not valid. The provided instance profile does not exist. Please specify a different instance profile and try again. (Service: Imagebuilder, Status Code: 400, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: InvalidRequest)",
        "role-not-ready",
        "instanceProfileName: The provided instance profile does not exist",
    ),
    (
        "Resource handler returned message: \"The function's execution role doesn't have permission to perform this operation. (Service: Lambda, Status Code: 400, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: InvalidRequest)",
        "lambda-role",
        "execution role doesn't have permission",
    ),
    (
        "The security token included in the request is invalid (Service: AmazonIdentityManagement; Status Code: 403; Error Code: InvalidClientTokenId; Request ID: 1111; Proxy: null)",
        "credentials",
        "security token included in the request is invalid",
    ),
    (
        "Internal Failure",
        "none",
        "Internal Failure",
    ),
    (
        "The following resource(s) failed to create: [ParallelClusterImage]. ",
        "none",
        "failed to create: ParallelClusterImage",
    ),
    (
        "Resource creation cancelled",
        "none",
        "cancelled",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution 'd4c1b2a3-5678-90ab-cdef-0123456789ab' failed with \nstatus = 'TimedOut' in state = 'BUILDING' and failure message = 'Step timed out while step is Poll action status for completion. Please refer to Automation Service Troubleshooting Guide for more diagnosis details.''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "step-timed-out",
        "Step timed out while step is Poll action status for completion while BUILDING",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution 'd4c1b2a3-5678-90ab-cdef-0123456789ab' failed for image arn: 'arn:aws:imagebuilder:ap-southeast-2:210987654321:image/parallelclusterimage-img-x/3.11.0/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'Step fails when it is verifying the command has completed. Command a1b2c3d4-5678-90ab-cdef-EXAMPLE11111 returns unexpected invocation result: \n{Status=[Failed], ResponseCode=[1], Output=[\n----------ERROR-------\nfailed to run commands: exit status 1], OutputPayload=[{\"Status\":\"Failed\",\"ResponseCode\":1,\"Output\":\"\\n----------ERROR-------\\nfailed to run commands: exit status 1\",\"CommandId\":\"a1b2c3d4-5678-90ab-cdef-EXAMPLE11111\"}], CommandId=[a1b2c3d4-5678-90ab-cdef-EXAMPLE11111]}. Please refer to Automation Service Troubleshooting Guide for more diagnosis details.''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "command-failed",
        "failed to run commands: exit status 1",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution 'd4c1b2a3-5678-90ab-cdef-0123456789ab' failed for image arn: 'arn:aws:imagebuilder:ap-southeast-2:210987654321:image/parallelclusterimage-img-x/3.11.0/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'Step fails when it is verifying the command has completed. Command 5adcaa39-5eca-4a96-8322-35afe3d0fd94 returns unexpected invocation result: {Status=[Failed], ResponseCode=[1], Output=[{ \"executionId\": \"0ac4aa1a-1d5a-11ea-bba1-06fa12f2d378\", \"status\": \"failed\", \"failedStepCount\": 1, \"executedStepCount\": 1, \"failureMessage\": \"Document TOE_2019-12-13_03-38-35_UTC-0_0ac4aa1a-1d5a-11ea-bba1-06fa12f2d378/study-imagebuild-doc_1073741825 failed!\", \"logUrl\": \"/tmp/TOE_2019\"}], CommandId=[5adcaa39]}''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "command-failed",
        "document study-imagebuild-doc_1073741825 failed while BUILDING",
    ),
    (
        "Resource handler returned message: \"The value supplied for parameter 'data' is not valid. Invalid step name 'Install PowerShell' in phase 'build'. Allowed characters are combinations of numbers [0-9], english letters [a-z,A-Z] and special characters [-_]. (Service: Imagebuilder, Status Code: 400, Request ID: 0f0f0f0f-aaaa-bbbb-cccc-0123456789ab) (SDK Attempt Count: 1)\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: InvalidRequest)",
        "component-document",
        "data: Invalid step name 'Install PowerShell' in phase 'build'",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-0a1b2c3d-4567-89ab-cdef-0123456789ab' failed with reason: Document arn:aws:imagebuilder:ap-southeast-2:210987654321:component/parallelclusterimage-script-0-77aa/3.11.0/1 failed!'.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "component",
        "component parallelclusterimage-script-0-77aa failed",
    ),
    (
        "Resource handler returned message: \"Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [10]. (Service: Lambda, Status Code: 400, Request ID: 0f0f0f0f-aaaa-bbbb-cccc-0123456789ab) (SDK Attempt Count: 1)\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: InvalidRequest)",
        "lambda-concurrency",
        "too few concurrent Lambda executions",
    ),
    (
        "Resource handler returned message: \"The value supplied for parameter 'workflows' is not valid. AWS managed workflows must have latest version 'x.x.x' for '{workflow_arn_str}' (Service: Imagebuilder, Status Code: 400, Request ID: 0f0f0f0f-aaaa-bbbb-cccc-0123456789ab) (SDK Attempt Count: 1)\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: InvalidRequest)",
        "bad-parameter",
        "workflows: AWS managed workflows must have latest version",
    ),
    (
        "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.",
        "early-validation",
        "AWS::EarlyValidation::PropertyValidation failed",
    ),
];

/// Texts made for these tests: a documented message of a service, or one in such words, in the wrapping of a report.
const MADE: [(&str, &str, &str); 89] = [
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'You can’t publicly share this image because block public access for AMIs is enabled for this account. To publicly share the image, you must call the DisableImageBlockPublicAccess API.' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region us-gov-west-1.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "ami-block-public-access",
        "distributing to us-gov-west-1 failed: can't publicly share this image",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'You can’t publicly share this image because block public access for AMIs is enabled for this account. To publicly share the image, you must call the DisableImageBlockPublicAccess API.' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region cn-northwest-1.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "ami-block-public-access",
        "distributing to cn-northwest-1 failed: can't publicly share this image",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'You can’t publicly share this image because block public access for AMIs is enabled for this account. To publicly share the image, you must call the DisableImageBlockPublicAccess API.' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region eu-central-2.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "ami-block-public-access",
        "distributing to eu-central-2 failed: can't publicly share this image",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'Snapshots encrypted with the AWS Managed CMK can’t be shared' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region ap-south-1.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "shared-default-key",
        "AWS Managed CMK",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) Failed to assume role 'arn:aws:iam::210987654321:role/EC2ImageBuilderDistributionCrossAccountRole' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region ap-south-1.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "distribution-role",
        "EC2ImageBuilderDistributionCrossAccountRole",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'AWS was not able to validate the provided access credentials' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region me-south-1.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "region-disabled",
        "distributing to me-south-1: AWS was not able to validate",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId '11111111-2222-3333-4444-555555555555', status = 'Failed' for ARN 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'Something else' when distributing the image from the source account (ID: 123456789012) to the destination account (ID: 123456789012) in Region ap-south-1.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "distribution",
        "distributing to ap-south-1 failed: Something else",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws-us-gov:imagebuilder:us-gov-west-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'TimedOut' in state = 'BUILDING' and failure message = 'SSM Agent verification failed''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-ssm-agent",
        "SSM Agent verification failed while BUILDING",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws-us-gov:imagebuilder:us-gov-west-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'Document arn:aws-us-gov:imagebuilder:us-gov-west-1:123456789012:component/parallelclusterimage-6acc/3.16.1/1 failed!''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "component",
        "component parallelclusterimage-6acc failed while BUILDING",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws-cn:imagebuilder:cn-north-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'TimedOut' in state = 'BUILDING' and failure message = 'SSM Agent verification failed''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-ssm-agent",
        "SSM Agent verification failed while BUILDING",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws-cn:imagebuilder:cn-north-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'Document arn:aws-cn:imagebuilder:cn-north-1:123456789012:component/parallelclusterimage-6acc/3.16.1/1 failed!''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "component",
        "component parallelclusterimage-6acc failed while BUILDING",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: An error occurred (InvalidInstanceId) when calling the SendCommand operation: Instances [[i-0123456789abcdef0]] not in a valid state for account 123456789012'.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-ssm-agent",
        "not in a valid state",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: Unable to bootstrap TOE'.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-task-runner",
        "Unable to bootstrap TOE",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'We currently do not have sufficient p5.48xlarge capacity in the Availability Zone you requested (eu-north-1a). Our system will be working on provisioning additional capacity.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-capacity",
        "no capacity for p5.48xlarge in eu-north-1a",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'We currently do not have sufficient u-6tb1.56xlarge capacity in the Availability Zone you requested (us-gov-east-1b). Our system will be working on provisioning additional capacity.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-capacity",
        "no capacity for u-6tb1.56xlarge in us-gov-east-1b",
    ),
    (
        "There is no Spot capacity available that matches your request. (Service: AmazonEC2; Status Code: 500; Error Code: InsufficientInstanceCapacity; Request ID: 1111; Proxy: null)",
        "no-capacity",
        "no Spot capacity",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'Your requested instance type (g5.xlarge) is not supported in your requested Availability Zone (us-east-1e). Please retry your request by not specifying an Availability Zone or choosing us-east-1a.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "type-not-in-zone",
        "g5.xlarge is not supported in us-east-1e",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket that the specified instance type belongs to.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "vcpu-limit",
        "vCPU limit",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Can't start SSM Automation for arn arn:aws-cn:imagebuilder:cn-north-1:123456789012:image/parallelclusterimage-demo/3.16.1/1 during testing. Rate exceeded'.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "throttled",
        "Rate exceeded",
    ),
    (
        "Resource handler returned message: \"Rate exceeded (Service: Lambda, Status Code: 429, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: Throttling)",
        "throttled",
        "Rate exceeded",
    ),
    (
        "Resource handler returned message: \"Rate exceeded (Service: Iam, Status Code: 429, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: Throttling)",
        "throttled",
        "Rate exceeded",
    ),
    (
        "Resource handler returned message: \"Rate exceeded (Service: Sns, Status Code: 429, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: Throttling)",
        "throttled",
        "Rate exceeded",
    ),
    (
        "Resource handler returned message: \"Request limit exceeded. (Service: Ec2, Status Code: 503, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "throttled",
        "Request limit exceeded",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'Step fails when it is verifying the command has completed. Command 22222222-2222-3333-4444-555555555555 returns unexpected invocation result: \n{Status=[Failed], ResponseCode=[2], Output=[\n----------ERROR-------\nmake: *** [all] Error 2\nfailed to run commands: exit status 2]}.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "command-failed",
        "make: *** [all] Error 2",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'Step fails when it is verifying the command has completed. Command 22222222-2222-3333-4444-555555555555 returns unexpected invocation result: {Status=[Failed], ResponseCode=[1], Output=[tar: write error: No space left on device]}''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "disk-full",
        "No space left on device",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'E: Unable to locate package htpd''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-package",
        "Unable to locate package htpd",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'Failed' in state = 'BUILDING' and failure message = 'curl: (6) Could not resolve host: example.com''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-network",
        "Could not resolve host",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution '11111111-2222-3333-4444-555555555555' failed for image arn: 'arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-demo/3.16.1/1' with status = 'TimedOut' in state = 'TESTING' and failure message = 'Step timed out while step is Poll action status for completion''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "step-timed-out",
        "Step timed out",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: Step ApplyBuildComponents timed out'.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "step-timed-out",
        "ApplyBuildComponents timed out",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: ExpectationNotMet: ListCommandInvocations returned terminal state Failed in workflow step ApplyBuildComponents'.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "command-failed",
        "a command failed in the workflow step ApplyBuildComponents",
    ),
    (
        "The following hook(s) failed: [My::Iam::BoundaryHook] : Hook failed with message: Role needs a permissions boundary",
        "hook",
        "Role needs a permissions boundary",
    ),
    (
        "Resource handler returned message: \"The role defined for the function cannot be assumed by Lambda. (Service: Lambda, Status Code: 400, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: InvalidRequest)",
        "role-not-ready",
        "cannot be assumed",
    ),
    (
        "Resource handler returned message: \"The provided execution role does not have permissions to call CreateNetworkInterface on EC2 (Service: Lambda, Status Code: 400, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: InvalidRequest)",
        "lambda-role",
        "CreateNetworkInterface",
    ),
    (
        "The security token included in the request is invalid (Service: AmazonSNS; Status Code: 403; Error Code: ExpiredToken; Request ID: 1111; Proxy: null)",
        "credentials",
        "security token included in the request is invalid",
    ),
    (
        "User: arn:aws:sts::123456789012:assumed-role/Dev/me is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:123456789012:instance/* because no identity-based policy allows the ec2:RunInstances action. Encoded authorization failure message: abcDEF_0123456789-abcDEF0123456789 (Service: AmazonEC2; Status Code: 403; Error Code: UnauthorizedOperation; Request ID: 1111; Proxy: null)",
        "denied-encoded",
        "not authorized to perform ec2:RunInstances on instance/*",
    ),
    (
        "Resource handler returned message: \"User: arn:aws:sts::123456789012:assumed-role/Dev/me is not authorized to perform: logs:CreateLogGroup on resource: 'arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/x:log-stream:' because no identity-based policy allows the logs:CreateLogGroup action (Service: CloudWatchLogs, Status Code: 400, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: AccessDenied)",
        "denied",
        "not authorized to perform logs:CreateLogGroup on log-group:/aws/lambda/x",
    ),
    (
        "Resource handler returned message: \"User: arn:aws-cn:sts::123456789012:assumed-role/Dev/me is not authorized to perform: lambda:CreateFunction on resource: arn:aws-cn:lambda:cn-north-1:123456789012:function:x (Service: Lambda, Status Code: 403, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: AccessDenied)",
        "denied",
        "lambda:CreateFunction on function:x",
    ),
    (
        "User: arn:aws:sts::123456789012:assumed-role/Dev/me is not authorized to perform: iam:CreateRole on resource: * with an explicit deny in a service control policy",
        "denied-by-policy",
        "iam:CreateRole on *",
    ),
    (
        "User: arn:aws:sts::123456789012:assumed-role/Dev/me is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/x because no permissions boundary allows the iam:CreateRole action",
        "denied-boundary",
        "iam:CreateRole on role/x",
    ),
    (
        "You are not authorized to perform this operation. (Service: AmazonEC2; Status Code: 403; Error Code: UnauthorizedOperation; Request ID: 1111; Proxy: null)",
        "denied",
        "not authorized to perform this operation",
    ),
    (
        "Resource handler returned message: \"Access Denied (Service: S3, Status Code: 403, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "denied",
        "Access Denied",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-default-vpc",
        "No default VPC",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'The subnet ID 'subnet-0123456789abcdef0' does not exist''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-subnet",
        "subnet-0123456789abcdef0",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'There are not enough free addresses in subnet 'subnet-0123456789abcdef0' to satisfy the requested number of instances.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-addresses",
        "free addresses",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'Security group sg-0123456789abcdef0 and subnet subnet-0123456789abcdef0 belong to different networks.''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "other-vpc",
        "belong to different networks",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'The security group 'sg-0123456789abcdef0' does not exist''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-security-group",
        "sg-0123456789abcdef0",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'The image id '[ami-0123456789abcdef0]' does not exist''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "no-parent-image",
        "ami-0123456789abcdef0",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'In order to use this AWS Marketplace product you need to accept terms and subscribe. To do so please visit https://aws.amazon.com/marketplace/pp?sku=abc''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "marketplace",
        "accept terms",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'Volume of size 35GB is smaller than snapshot 'snap-0123456789abcdef0', expect size >= 45GB''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "volume-size",
        "smaller than snapshot",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'Client.InternalError: Client error on launch''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "kms",
        "Client error on launch",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-11111111-2222-3333-4444-555555555555' failed with reason: EC2 Client Error: 'The instance 'i-0123456789abcdef0' is in the shutting-down state''.\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "instance-gone",
        "shutting-down",
    ),
    (
        "Image creation is cancelled.",
        "cancelled",
        "cancelled",
    ),
    (
        "Resource handler returned message: \"Function already exist: ParallelClusterImage-6acc (Service: Lambda, Status Code: 409, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: AlreadyExists)",
        "name-taken",
        "already exist",
    ),
    (
        "Resource handler returned message: \"Role with name X already exists. (Service: Iam, Status Code: 409, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: AlreadyExists)",
        "name-taken",
        "already exists",
    ),
    (
        "Resource handler returned message: \"Cannot exceed quota for RolesPerAccount: 1000 (Service: Iam, Status Code: 409, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: ServiceLimitExceeded)",
        "quota",
        "RolesPerAccount",
    ),
    (
        "Resource handler returned message: \"Service Unavailable (Service: Lambda, Status Code: 503, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: ServiceInternalError)",
        "service-fault",
        "Service Unavailable",
    ),
    (
        "Exceeded attempts to wait",
        "stack-timeout",
        "Exceeded attempts to wait",
    ),
    (
        "Resource handler returned message: \"Cannot delete entity, must detach all policies first. (Service: Iam, Status Code: 409, Request ID: 1111)\" (RequestToken: 1111, HandlerErrorCode: GeneralServiceException)",
        "in-use",
        "Cannot delete entity",
    ),
    (
        "Resource handler returned message: \"The value supplied for parameter 'data' is not valid. Parsing step 'Download' in phase 'build' failed. Error: Action S3Download has no inputs; it requires an 'inputs' (Service: Imagebuilder, Status Code: 400, Request ID: 0f0f0f0f-aaaa-bbbb-cccc-0123456789ab) (SDK Attempt Count: 1)\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: InvalidRequest)",
        "component-document",
        "data: Parsing step 'Download' in phase 'build' failed",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-0a1b2c3d-4567-89ab-cdef-0123456789ab' failed with reason: EC2 Client Error: 'The key pair 'my-key' does not exist''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "no-key-pair",
        "The key pair 'my-key' does not exist",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-0a1b2c3d-4567-89ab-cdef-0123456789ab' failed with reason: EC2 Client Error: 'You are not authorized to perform this operation. User: arn:aws:sts::210987654321:assumed-role/AWSServiceRoleForImageBuilder/Ec2ImageBuilderIntegrationService is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:ap-southeast-2:210987654321:subnet/subnet-0aaaabbbbccccdddd with an explicit deny in a service control policy. Encoded authorization failure message: 2Xq7Rr0yJ3vWmZq8_abcdefghijklmnopqrstuvwxyzABCDEFGH-0123456789''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "denied-by-policy",
        "bbccccdddd: explicit deny in a service control policy",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-0a1b2c3d-4567-89ab-cdef-0123456789ab' failed with reason: EC2 Client Error: 'You are not authorized to perform this operation. Encoded authorization failure message: 2Xq7Rr0yJ3vWmZq8_abcdefghijklmnopqrstuvwxyzABCDEFGH-0123456789''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "denied-encoded",
        "not authorized to perform this operation",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-0a1b2c3d-4567-89ab-cdef-0123456789ab' failed with reason: EC2 Client Error: 'Value (img-profile) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "role-not-ready",
        "iamInstanceProfile.name: Invalid IAM Instance Profile name",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-0a1b2c3d-4567-89ab-cdef-0123456789ab' failed with reason: EC2 Client Error: 'Max spot instance count exceeded''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "quota",
        "Max spot instance count exceeded",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-0a1b2c3d-4567-89ab-cdef-0123456789ab' failed with reason: EC2 Client Error: 'The encrypted snapshot is not accessible: Client.InvalidKmsKey.InvalidState: The KMS key provided is in an incorrect state''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "kms",
        "The KMS key provided is in an incorrect state",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-0a1b2c3d-4567-89ab-cdef-0123456789ab' failed with reason: Instance i-0abc12345678def90 failed to launch: Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state'.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "kms",
        "The KMS key provided is in an incorrect state",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId 'a1b2c3d4-0000-1111-2222-0123456789ab', status = 'Failed' for ARN 'arn:aws:imagebuilder:ap-southeast-2:210987654321:image/parallelclusterimage-img-x/3.11.0/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'The KMS key arn:aws:kms:eu-west-3:333344445555:key/1234abcd-12ab-34cd-56ef-1234567890ab is not accessible' when distributing the image from the source account (ID: 210987654321) to the destination account (ID: 333344445555) in Region eu-west-3.'''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "kms",
        "eu-west-3: The KMS key 1234abcd-12ab-34cd-56ef-1234567890ab is not accessible",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId 'a1b2c3d4-0000-1111-2222-0123456789ab', status = 'Failed' for ARN 'arn:aws:imagebuilder:ap-southeast-2:210987654321:image/parallelclusterimage-img-x/3.11.0/1'. Error:'Not all distribution jobs are completed. 1) Failed to assume role 'arn:aws:iam::333344445555:role/EC2ImageBuilderDistributionCrossAccountRole': User: arn:aws:sts::210987654321:assumed-role/AWSServiceRoleForImageBuilder/Ec2ImageBuilder is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::333344445555:role/EC2ImageBuilderDistributionCrossAccountRole when distributing the image from the source account (ID: 210987654321) to the destination account (ID: 333344445555) in Region eu-west-3.'''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "distribution-role",
        "EC2ImageBuilderDistributionCrossAccountRole in account 333344445555",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId 'a1b2c3d4-0000-1111-2222-0123456789ab', status = 'Failed' for ARN 'arn:aws:imagebuilder:ap-southeast-2:210987654321:image/parallelclusterimage-img-x/3.11.0/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'The image ID 'ami-0123456789abcdef0' does not exist' when distributing the image from the source account (ID: 210987654321) to the destination account (ID: 333344445555) in Region eu-west-3.'''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "distribution",
        "distributing to eu-west-3 failed: The image ID 'ami-0123456789abcdef0' does not exist",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId 'a1b2c3d4-0000-1111-2222-0123456789ab', status = 'Failed' for ARN 'arn:aws:imagebuilder:ap-southeast-2:210987654321:image/parallelclusterimage-img-x/3.11.0/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'Resource limit exceeded: You have reached the limit of AMIs (50000) in this Region' when distributing the image from the source account (ID: 210987654321) to the destination account (ID: 333344445555) in Region eu-west-3.'''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "ami-quota",
        "You have reached the limit of AMIs",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Distribution failed with JobId 'a1b2c3d4-0000-1111-2222-0123456789ab', status = 'Failed' for ARN 'arn:aws:imagebuilder:ap-southeast-2:210987654321:image/parallelclusterimage-img-x/3.11.0/1'. Error:'Not all distribution jobs are completed. 1) EC2 Client Error: 'AMI name parallelcluster-img-x 2026-03-01 is already in use by AMI ami-0123456789abcdef0' when distributing the image from the source account (ID: 210987654321) to the destination account (ID: 333344445555) in Region eu-west-3.'''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "ami-name-taken",
        "is already in use",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Integration failed with JobId 'a1b2c3d4-0000-1111-2222-0123456789ab', status = 'Failed' for ARN 'arn:aws:imagebuilder:ap-southeast-2:210987654321:image/parallelclusterimage-img-x/3.11.0/1'. Error:'Not all integration jobs are completed. 1) SSM Client Error: 'Parameter /my/ami must be of type aws:ec2:image''''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "integration",
        "Parameter /my/ami must be of type aws:ec2:image",
    ),
    (
        "Resource handler returned message: \"User: arn:aws:sts::210987654321:assumed-role/AWSReservedSSO_PowerUser_0123456789abcdef/jane@example.com is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::210987654321:role/parallelcluster/img-x-InstanceRole-1 with an explicit deny in an identity-based policy (Service: Iam, Status Code: 403, Request ID: 0f0f0f0f-aaaa-bbbb-cccc-0123456789ab) (SDK Attempt Count: 1)\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: AccessDenied)",
        "denied-by-policy",
        "InstanceRole-1: explicit deny in an identity-based policy",
    ),
    (
        "Resource handler returned message: \"User: arn:aws:iam::210987654321:user/path/ops.bot is not authorized to perform: lambda:CreateFunction on resource: arn:aws:lambda:ap-southeast-2:210987654321:function:ParallelClusterImage-77aa because no identity-based policy allows the lambda:CreateFunction action (Service: Lambda, Status Code: 403, Request ID: 0f0f0f0f-aaaa-bbbb-cccc-0123456789ab) (SDK Attempt Count: 1)\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: AccessDenied)",
        "denied",
        "lambda:CreateFunction on function:ParallelClusterImage-77aa",
    ),
    (
        "Resource handler returned message: \"The runtime parameter of python3.7 is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions. (Service: Lambda, Status Code: 400, Request ID: 0f0f0f0f-aaaa-bbbb-cccc-0123456789ab) (SDK Attempt Count: 1)\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: InvalidRequest)",
        "old-runtime",
        "the Lambda runtime python3.7 is no longer supported",
    ),
    (
        "Resource of type 'AWS::ImageBuilder::ImageRecipe' with identifier 'parallelclusterimage-img-x/3.11.0' already exists.",
        "name-taken",
        "ImageRecipe parallelclusterimage-img-x/3.11.0 already exists",
    ),
    (
        "Resource handler returned message: \"Resource of type 'AWS::Logs::LogGroup' with identifier '{\"/properties/LogGroupName\":\"/aws/lambda/ParallelClusterImage-77aa\"}' already exists.\" (RequestToken: 9f9d5c3a, HandlerErrorCode: AlreadyExists)",
        "name-taken",
        "LogGroup /aws/lambda/ParallelClusterImage-77aa already exists",
    ),
    (
        "Resource handler returned message: \"Scope ARN: arn:aws:iam::210987654321:policy/boundary does not exist or is not attachable. (Service: Iam, Status Code: 404, Request ID: 0f0f0f0f-aaaa-bbbb-cccc-0123456789ab) (SDK Attempt Count: 1)\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: NotFound)",
        "no-policy",
        "does not exist or is not attachable",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-0a1b2c3d-4567-89ab-cdef-0123456789ab' failed with reason: ExpectationNotMet: ListCommandInvocations returned terminal state Failed in workflow step ApplyTestComponents'.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "command-failed",
        "a command failed in the workflow step ApplyTestComponents",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'SSM execution 'd4c1b2a3-5678-90ab-cdef-0123456789ab' failed for image arn: 'arn:aws:imagebuilder:ap-southeast-2:210987654321:image/parallelclusterimage-img-x/3.11.0/1' with status = 'Failed' in state = 'TESTING' and failure message = 'Document arn:aws:imagebuilder:ap-southeast-2:210987654321:component/parallelclusterimage-validate-77aa/3.11.0/1 failed!''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "component",
        "failed while TESTING",
    ),
    (
        "Resource handler returned message: \"The value supplied for parameter 'parentImage' is not valid. The AMI ID 'ami-0123456789abcdef0' does not exist in the region. (Service: Imagebuilder, Status Code: 400, Request ID: 0f0f0f0f-aaaa-bbbb-cccc-0123456789ab) (SDK Attempt Count: 1)\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: InvalidRequest)",
        "no-parent-image",
        "parentImage: The AMI ID 'ami-0123456789abcdef0' does not exist",
    ),
    (
        "Resource handler returned message: \"You have requested an Image Recipe with a parent image 'ami-0aaa' that could not be found (Service: Imagebuilder, Status Code: 404, Request ID: 0f0f0f0f-aaaa-bbbb-cccc-0123456789ab) (SDK Attempt Count: 1)\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: NotFound)",
        "no-parent-image",
        "could not be found",
    ),
    (
        "Model validation failed (#/Distributions/0/Region: string [xx] does not match pattern)",
        "bad-parameter",
        "#/Distributions/0/Region",
    ),
    (
        "Properties validation failed for resource ImageRecipe with message:\n#/BlockDeviceMappings/0/Ebs/VolumeSize: expected type: Integer, found: String",
        "bad-parameter",
        "VolumeSize: expected type: Integer, found: String",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Failed to start Image Builder workflow for arn arn:aws:imagebuilder:ap-southeast-2:210987654321:image/parallelclusterimage-img-x/3.11.0/1 during testing. Throttling: Rate exceeded'.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "throttled",
        "Rate exceeded",
    ),
    (
        "Resource handler returned message: \"The service role arn:aws:iam::210987654321:role/aws-service-role/imagebuilder.amazonaws.com/AWSServiceRoleForImageBuilder could not be created\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)",
        "service-role",
        "The service role AWSServiceRoleForImageBuilder could not be created",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-0a1b2c3d-4567-89ab-cdef-0123456789ab' failed with reason: EC2 Client Error: 'The requested configuration is currently not supported. Please check the documentation for supported configurations.''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "unsupported",
        "requested configuration is currently not supported",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-0a1b2c3d-4567-89ab-cdef-0123456789ab' failed with reason: EC2 Server Error: 'An internal error has occurred''.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "service-fault",
        "An internal error has occurred",
    ),
    (
        "Resource handler returned message: \"Error occurred during operation 'Workflow Execution ID: 'wf-0a1b2c3d-4567-89ab-cdef-0123456789ab' failed with reason: User: arn:aws:sts::210987654321:assumed-role/img-x-InstanceRole/i-0abc12345678def90 is not authorized to perform: imagebuilder:GetComponent on resource: arn:aws:imagebuilder:ap-southeast-2:210987654321:component/x/1.0.0/1 because no identity-based policy allows the imagebuilder:GetComponent action'.\" (RequestToken: 9f9d5c3a-11aa-22bb-33cc-0123456789ab, HandlerErrorCode: GeneralServiceException)",
        "denied",
        "imagebuilder:GetComponent on component/x/1.0.0/1",
    ),
];
